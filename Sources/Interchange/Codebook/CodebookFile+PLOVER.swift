import AnnotationModel
public import ChangeLog
import LocalStore
import TeamCoding

extension CodebookFile {
    /// The sixteen event types of PLOVER, the successor of CAMEO (Open Event Data Alliance), under one heading, with
    /// definitions in our own words. Modes and contexts are left out.
    ///
    /// Their ids are derived from their names: everybody who takes them in has the same codes.
    public static func plover(using cryptography: some CryptographyProvider) throws(CodebookFileError) -> CodebookFile {
        func id(_ name: String) -> RecordID { cryptography.derivedID("code", Array("plover/\(name)".utf8)) }
        let heading = CodeRecord(
            id: id(""), name: "PLOVER",
            definition: "What one political actor does to another: one code for each kind of event.",
            isCodable: false)
        return try CodebookFile(
            [heading]
                + ploverEvents.map { event in
                    CodeRecord(
                        id: id(event.name), name: event.name, parent: heading.id, definition: event.definition,
                        include: event.include, exclude: event.exclude)
                })
    }

    private static let ploverEvents: [(name: String, definition: String, include: String, exclude: String)] = [
        (
            "AGREE", "Promises or agrees to do something for another or together; nothing has been done yet.",
            "announces that it will send aid; signs a treaty; offers to mediate", "the aid has arrived: AID"
        ),
        (
            "CONSULT", "Meets, visits, telephones or negotiates.", "a summit; a visit of ministers; a call",
            "what is agreed there: AGREE"
        ),
        (
            "SUPPORT", "Speaks or acts diplomatically in another's favour.",
            "praises; defends in public; recognises a state; apologises", "gives goods or money: AID"
        ),
        (
            "CONCEDE", "Gives way at home to what others demand.",
            "eases restrictions; lets a reform go ahead; replaces a leader on demand",
            "withdraws forces or lifts sanctions: RETREAT"
        ),
        (
            "COOPERATE", "Works together with another in deed.",
            "joint exercises; trade that has begun; shares intelligence; extradites", "one side alone gives: AID"
        ),
        (
            "AID", "Gives another money, goods, people or protection.",
            "economic, military or humanitarian aid; peacekeepers; asylum", "has only promised it: AGREE"
        ),
        (
            "RETREAT", "Ends or eases something that pressed on another.",
            "a ceasefire; withdraws troops; frees prisoners; lifts sanctions; admits inspectors",
            "has only promised it: AGREE"
        ),
        (
            "REQUEST", "Asks or demands that another do something.",
            "calls for talks; demands a release; appeals for aid", "says what happens otherwise: THREATEN"
        ),
        (
            "ACCUSE", "Finds fault with another: criticises, blames, charges, investigates.",
            "condemns a treaty; alleges war crimes; brings a suit", "refuses what was asked: REJECT"
        ),
        (
            "REJECT", "Refuses, breaks off or does not comply.",
            "turns a proposal down; vetoes; does not recognise; ignores an order",
            "finds fault without refusing: ACCUSE"
        ),
        (
            "THREATEN", "Says that something harmful will follow.",
            "an ultimatum; announces sanctions that may come; warns of force",
            "it has begun: SANCTION, COERCE or ASSAULT"
        ),
        (
            "PROTEST", "Many people show publicly what they are against or for.",
            "demonstrations; strikes; hunger strikes; riots", "officials complain in words: ACCUSE"
        ),
        (
            "SANCTION", "Reduces relations in order to press.",
            "embargoes; expels diplomats; recalls an ambassador; ends aid", "has only announced it: THREATEN"
        ),
        (
            "MOBILIZE", "Puts forces or police in readiness or shows them, without using them.",
            "raises the alert; moves troops to a border; exercises as a show of force", "force is used: ASSAULT"
        ),
        (
            "COERCE", "Forces people or seizes things by the power of office, short of battle.",
            "arrests; curfews; censorship; confiscates; deports; attacks computers",
            "people are hurt or killed: ASSAULT"
        ),
        (
            "ASSAULT", "Uses physical violence.", "shelling; bombs; battles; killings; torture; kidnapping",
            "has only threatened it: THREATEN"
        ),
    ]
}
