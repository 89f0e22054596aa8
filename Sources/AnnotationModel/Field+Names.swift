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
    }
    public enum Entity {
        public static let name = Field(rawValue: 1)
        public static let type = Field(rawValue: 2)
        public static let aliases = Field(rawValue: 3)
        public static let externalIds = Field(rawValue: 4)
        public static let parent = Field(rawValue: 5)
        public static let mergedInto = Field(rawValue: 6)
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
    }
    public enum Memo {
        public static let target = Field(rawValue: 1)
        public static let title = Field(rawValue: 2)
        public static let body = Field(rawValue: 3)
    }
}
