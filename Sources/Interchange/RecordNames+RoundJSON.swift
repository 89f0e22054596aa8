import AnnotationModel
public import LocalStore

/// Rounds, and what is recorded of the work in them, as JSON.
extension RecordNames {
    public func json(_ round: RoundItem) -> JSON {
        json(round.info, kind: "round").adding([
            "title": .text(round.title), "state": .text(round.state.name), "is_blind": .boolean(round.isBlind),
            "reveal_rule": .optional(round.rule?.rawValue), "reveal_on": .optional(round.revealOn),
            "codebook_revision": .optional(round.codebookRevision.map(hexadecimal)),
            "codings_per_document": .optional(round.codingsPerDocument), "seed": .optional(round.seed),
            "instructions": .optional(round.instructions),
        ])
    }

    public func json(_ assignment: AssignmentItem) -> JSON {
        json(assignment.info, kind: "assignment").adding([
            "round": .text("\(assignment.round)"), "document": .text("\(assignment.document)"),
            "version": .text("\(assignment.version)"), "coder": .text("\(assignment.coder)"),
            "coder_name": .optional(memberNames[assignment.coder]),
        ])
    }

    public func json(_ submission: SubmissionItem) -> JSON {
        json(submission.info, kind: "submission").adding([
            "round": .text("\(submission.round)"), "assignment": .text("\(submission.assignment)"),
            "state": .text(submission.isReopened ? "reopened" : "submitted"),
            "seal": .text(hexadecimal(submission.seal)), "codings": .number(submission.codings),
        ])
    }

    public func json(_ decision: DecisionItem) -> JSON {
        json(decision.info, kind: "decision").adding([
            "round": .text("\(decision.round)"), "document": .text("\(decision.document)"),
            "version": .text("\(decision.version)"), "start": .number(decision.range.start),
            "end": .number(decision.range.end), "inputs": .texts(decision.inputs.map(\.description)),
            "input_hash": .text(hexadecimal(decision.inputHash)), "outcome": .text(decision.outcome),
            "result": .optional(decision.result?.description), "rationale": .optional(decision.rationale),
            "supersedes": .optional(decision.supersedes?.description), "strategy": .optional(decision.strategy),
        ])
    }

    public func json(_ run: AgreementRunItem) -> JSON {
        json(run.info, kind: "agreement_run").adding([
            "round": .text("\(run.round)"), "measure": .text(run.measure), "parameters": .text(run.parameters),
            "seed": .optional(run.seed), "input_hash": .text(hexadecimal(run.inputHash)),
            "value": .optional(run.value), "interval": .optional(run.interval), "units": .number(run.units),
            "incomplete": .number(run.incomplete),
        ])
    }
}
