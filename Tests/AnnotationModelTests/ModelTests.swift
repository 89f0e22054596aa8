import AnnotationModel
import Testing

/// The table from which everything follows.
@Suite struct ModelTests {
    @Test func kindsAreNumberedInOrderAndNamesAreUnique() {
        #expect(Model.kinds.map(\.kind.rawValue) == Array(1...UInt16(Model.kinds.count)))
        #expect(Set(Model.kinds.map(\.name)).count == Model.kinds.count)
        for kind in Model.kinds {
            #expect(Set(kind.fields.map(\.field)).count == kind.fields.count)
            #expect(Set(kind.fields.map(\.name)).count == kind.fields.count)
            #expect(kind.fields.map(\.field) == kind.fields.map(\.field).sorted())
        }
    }

    @Test func requiredFieldsAreWriteOnce() {
        for kind in Model.kinds {
            for field in kind.fields where field.isRequired { #expect(field.rule == .writeOnce) }
        }
    }

    @Test func namedFieldsAreThoseOfTheTable() {
        #expect(Model.definition(of: Field.Annotation.note, in: .annotation)?.name == "note")
        #expect(Model.definition(of: Field.Annotation.correctedRange, in: .annotation)?.name == "corrected_range")
        #expect(Model.definition(of: Field.Statement.instruments, in: .statement)?.name == "instruments")
        #expect(Model.definition(of: Field.Code.mergedInto, in: .code)?.name == "merged_into")
        #expect(Model.definition(of: Field.DocumentPart.text, in: .documentPart)?.name == "text")
        #expect(Model.definition(of: Field.Memo.body, in: .memo)?.name == "body")
    }

    @Test(arguments: ["2015", "2015-03", "2015-03-17", "2024-02-29"]) func datesOfTheCalendarAreAccepted(text: String) {
        #expect(ValueType.date.accepts(.text(text)))
    }

    @Test(arguments: ["", "15", "2015-13", "2015-02-29", "2015-3-17", "2015-03-17T00:00", "17 March", "2015-00-01"])
    func otherDatesAreNot(text: String) { #expect(!ValueType.date.accepts(.text(text))) }

    @Test func textIsComparedByBytes() {
        #expect(Value.text("é") != Value.text("e\u{301}"))
        #expect(Value.text("é").hashValue != Value.text("e\u{301}").hashValue)
    }

    @Test func idsReadBackWhatTheyWrite() {
        let id = RecordID(high: 0x3F9C_21AA_0000_0001, low: 0x1C)
        #expect(RecordID(id.description) == id)
        #expect(RecordID(bytes: id.bytes) == id)
        #expect(id.short == "3f9c21aa.1c")
        #expect(id.matches("3f9c21aa.1c") && id.matches("3f9.1C") && !id.matches("3f9c21aa") && !id.matches(""))
        let first = RecordID(high: 0x3F9C_21AA_0000_0001, low: 0)
        #expect(first.short == "3f9c21aa" && first.matches("3f9c") && !first.matches("3f9c21aa.1c"))
    }

    @Test func idsOfOneLayerAreNeighboursAndTellNothingOfOthers() {
        var source = RecordIDSource()
        var blocks: [UInt64] = [7, 9]
        let (one, two) = (LayerID(high: 1, low: 1), LayerID(high: 2, low: 2))
        let ids = [one, two, one, two, one].map { layer in source.make(in: layer) { blocks.removeFirst() } }
        #expect(ids.map(\.low) == [0, 0, 1, 1, 2])
        #expect(ids.map(\.high) == [7, 9, 7, 9, 7])
    }

    @Test func aSecondWriteOfAWriteOnceFieldIsRefused() throws {
        let annotation = try #require(Model.definition(of: .annotation))
        let error = #expect(throws: ModelError.self) {
            try Model.check(.text("x"), for: Field.Annotation.document, of: annotation, rule: .contested)
        }
        #expect(error?.code == .writeOnce)
    }
}
