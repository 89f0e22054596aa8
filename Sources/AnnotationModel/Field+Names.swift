/// The numbers of `Model`, by name: `Field.Annotation.note`.
///
/// `ModelTests` holds this list against the table.
extension Field {
    public enum Workspace {
        public static let title = Field(rawValue: 1)
        public static let description = Field(rawValue: 2)
    }
    public enum Member {
        public static let name = Field(rawValue: 1)
        public static let colour = Field(rawValue: 2)
        public static let role = Field(rawValue: 3)
    }
    public enum Layer {
        public static let title = Field(rawValue: 1)
        public static let colour = Field(rawValue: 2)
    }
    public enum Document {
        public static let firstVersion = Field(rawValue: 1)
        public static let title = Field(rawValue: 2)
        public static let publisher = Field(rawValue: 3)
        public static let publishedOn = Field(rawValue: 4)
        public static let language = Field(rawValue: 5)
        public static let uris = Field(rawValue: 6)
        public static let tags = Field(rawValue: 7)
    }
    public enum DocumentVersion {
        public static let document = Field(rawValue: 1)
        public static let sha256 = Field(rawValue: 2)
        public static let bytes = Field(rawValue: 3)
        public static let parts = Field(rawValue: 4)
    }
    public enum DocumentPart {
        public static let version = Field(rawValue: 1)
        public static let number = Field(rawValue: 2)
        public static let text = Field(rawValue: 3)
    }
    public enum Capture {
        public static let version = Field(rawValue: 1)
        public static let source = Field(rawValue: 2)
        public static let importer = Field(rawValue: 3)
        public static let rawSha256 = Field(rawValue: 4)
    }
    public enum Annotation {
        public static let document = Field(rawValue: 1)
        public static let version = Field(rawValue: 2)
        public static let position = Field(rawValue: 3)
        public static let quote = Field(rawValue: 4)
        public static let note = Field(rawValue: 5)
        public static let codes = Field(rawValue: 6)
        public static let tags = Field(rawValue: 7)
        public static let correctedRange = Field(rawValue: 8)
        public static let confidence = Field(rawValue: 9)
        public static let colour = Field(rawValue: 10)
        public static let codebookRevision = Field(rawValue: 11)
    }
    public enum Comment {
        public static let target = Field(rawValue: 1)
        public static let replyTo = Field(rawValue: 2)
        public static let body = Field(rawValue: 3)
        public static let isResolved = Field(rawValue: 4)
    }
    public enum Code {
        public static let name = Field(rawValue: 1)
        public static let parent = Field(rawValue: 2)
        public static let definition = Field(rawValue: 3)
        public static let colour = Field(rawValue: 4)
        public static let status = Field(rawValue: 5)
        public static let mergedInto = Field(rawValue: 6)
        public static let include = Field(rawValue: 7)
        public static let exclude = Field(rawValue: 8)
        public static let shortcut = Field(rawValue: 9)
        public static let isCodable = Field(rawValue: 10)
        public static let splitFrom = Field(rawValue: 11)
        public static let standsFor = Field(rawValue: 12)
    }
    public enum Entity {
        public static let name = Field(rawValue: 1)
        public static let type = Field(rawValue: 2)
        public static let aliases = Field(rawValue: 3)
        public static let externalIds = Field(rawValue: 4)
        public static let parent = Field(rawValue: 5)
        public static let mergedInto = Field(rawValue: 6)
        public static let standsFor = Field(rawValue: 7)
    }
    public enum Statement {
        public static let annotation = Field(rawValue: 1)
        public static let speaker = Field(rawValue: 2)
        public static let organisation = Field(rawValue: 3)
        public static let concept = Field(rawValue: 4)
        public static let position = Field(rawValue: 5)
        public static let date = Field(rawValue: 6)
        public static let addressee = Field(rawValue: 7)
        public static let directness = Field(rawValue: 8)
        public static let instruments = Field(rawValue: 9)
        public static let type = Field(rawValue: 10)
        public static let codebookRevision = Field(rawValue: 11)
    }
    public enum Memo {
        public static let target = Field(rawValue: 1)
        public static let title = Field(rawValue: 2)
        public static let body = Field(rawValue: 3)
    }
    public enum Round {
        public static let title = Field(rawValue: 1)
        public static let state = Field(rawValue: 2)
        public static let isBlind = Field(rawValue: 3)
        public static let revealRule = Field(rawValue: 4)
        public static let revealOn = Field(rawValue: 5)
        public static let codebookRevision = Field(rawValue: 6)
        public static let codingsPerDocument = Field(rawValue: 7)
        public static let seed = Field(rawValue: 8)
        public static let instructions = Field(rawValue: 9)
    }
    public enum Assignment {
        public static let round = Field(rawValue: 1)
        public static let document = Field(rawValue: 2)
        public static let version = Field(rawValue: 3)
        public static let coder = Field(rawValue: 4)
    }
    public enum Submission {
        public static let round = Field(rawValue: 1)
        public static let assignment = Field(rawValue: 2)
        public static let seal = Field(rawValue: 3)
        public static let codings = Field(rawValue: 4)
        public static let state = Field(rawValue: 5)
    }
    public enum Decision {
        public static let round = Field(rawValue: 1)
        public static let document = Field(rawValue: 2)
        public static let version = Field(rawValue: 3)
        public static let range = Field(rawValue: 4)
        public static let inputs = Field(rawValue: 5)
        public static let inputHash = Field(rawValue: 6)
        public static let outcome = Field(rawValue: 7)
        public static let result = Field(rawValue: 8)
        public static let rationale = Field(rawValue: 9)
        public static let supersedes = Field(rawValue: 10)
        public static let strategy = Field(rawValue: 11)
    }
    public enum AgreementRun {
        public static let round = Field(rawValue: 1)
        public static let measure = Field(rawValue: 2)
        public static let parameters = Field(rawValue: 3)
        public static let seed = Field(rawValue: 4)
        public static let inputHash = Field(rawValue: 5)
        public static let value = Field(rawValue: 6)
        public static let interval = Field(rawValue: 7)
        public static let units = Field(rawValue: 8)
        public static let incomplete = Field(rawValue: 9)
    }
    public enum StatementType {
        public static let name = Field(rawValue: 1)
        public static let definition = Field(rawValue: 2)
        public static let colour = Field(rawValue: 3)
        public static let status = Field(rawValue: 4)
    }
    public enum Variable {
        public static let type = Field(rawValue: 1)
        public static let name = Field(rawValue: 2)
        public static let valueType = Field(rawValue: 3)
        public static let choices = Field(rawValue: 4)
        public static let place = Field(rawValue: 5)
        public static let isRequired = Field(rawValue: 6)
        public static let definition = Field(rawValue: 7)
    }
    public enum VariableValue {
        public static let statement = Field(rawValue: 1)
        public static let variable = Field(rawValue: 2)
        public static let text = Field(rawValue: 3)
        public static let integer = Field(rawValue: 4)
        public static let boolean = Field(rawValue: 5)
        public static let date = Field(rawValue: 6)
        public static let reference = Field(rawValue: 7)
    }
    public enum Attribute {
        public static let target = Field(rawValue: 1)
        public static let key = Field(rawValue: 2)
        public static let value = Field(rawValue: 3)
    }
}
