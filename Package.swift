// swift-tools-version: 6.2
import PackageDescription

// The targets follow the layers of docs/architecture.md. An arrow goes only downwards:
// pure targets know nothing of the rest, state knows nothing of programs, and only the
// bindings import C.

/// scripts/fuzz sets this to what is checked beside coverage: "fuzzer" or "fuzzer,address". A flag on the command line
/// would reach the build tools, too, which cannot be linked that way.
let sanitizers = Context.environment["VARIORUM_SANITIZERS"].map { ["-sanitize=\($0)"] } ?? []

let base: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

let common = sanitizers.isEmpty ? base : base + [.unsafeFlags(sanitizers), .define("FUZZING")]

/// Pure targets: no I/O, no C, no clock; every unsafe construct must be spelled out.
func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common + [.strictMemorySafety()])
}

func layer(
    _ name: String, _ dependencies: [Target.Dependency], plugins: [Target.PluginUsage] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common, plugins: plugins)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: common)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: common)
}

let package = Package(
    name: "Variorum",
    products: [
        .executable(name: "variorum", targets: ["variorum"]),
        .executable(name: "variorumd", targets: ["variorumd"]),
        .executable(name: "variorum-bench", targets: ["variorum-bench"]),
        .executable(name: "variorum-simulate", targets: ["variorum-simulate"]),
        .executable(name: "variorum-fuzz", targets: ["variorum-fuzz"]),
    ],
    targets: [
        // System libraries; a shim only for what Swift cannot call.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "CEvent",
            linkerSettings: [
                .linkedLibrary("event_core"), .linkedLibrary("event_openssl"),
                .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),

        // Pure.
        pure("AnnotationModel"),
        pure("DocumentText", ["AnnotationModel"]),
        pure("ChangeLog", ["AnnotationModel"]),
        pure("WireFormat", ["AnnotationModel", "ChangeLog"]),
        pure("TeamCoding", ["AnnotationModel", "ChangeLog"]),
        pure("BenchmarkResults"),

        // Bindings: the only targets that import C.
        layer("SQLiteBinding", ["CSQLite", "AnnotationModel", "ChangeLog"]),
        layer("Cryptography", ["COpenSSL", "ChangeLog"]),
        layer("Compression", ["CZstd"]),
        layer("XMLReading", ["CXML"]),
        layer("HTTPServing", ["CEvent"]),
        layer("HTTPClient", ["CCurl"]),

        // State.
        layer(
            "LocalStore",
            ["AnnotationModel", "DocumentText", "ChangeLog", "WireFormat", "SQLiteBinding", "Compression"],
            plugins: ["EmbedSQL"]),
        layer(
            "ServerStore", ["AnnotationModel", "ChangeLog", "WireFormat", "SQLiteBinding", "Compression"],
            plugins: ["EmbedSQL"]),

        // Programs.
        layer(
            "SyncClient",
            ["AnnotationModel", "ChangeLog", "WireFormat", "LocalStore", "HTTPClient", "Compression"]),
        layer(
            "SyncServer",
            [
                "AnnotationModel", "ChangeLog", "WireFormat", "ServerStore", "HTTPServing", "Compression",
                "Cryptography",
            ]),
        layer(
            "Interchange",
            ["AnnotationModel", "DocumentText", "ChangeLog", "TeamCoding", "LocalStore", "XMLReading"]),
        layer(
            "CommandLine",
            [
                "AnnotationModel", "DocumentText", "ChangeLog", "WireFormat", "Compression", "Cryptography",
                "LocalStore", "ServerStore", "SyncClient", "SyncServer", "Interchange", "HTTPServing", "HTTPClient",
                "TeamCoding",
            ]),
        // The whole system under one seed; see docs/testing.md.
        layer(
            "Simulation",
            [
                "AnnotationModel", "DocumentText", "ChangeLog", "WireFormat", "Compression", "Cryptography", "CSQLite",
                "SQLiteBinding", "LocalStore", "ServerStore", "SyncClient", "SyncServer", "HTTPServing", "HTTPClient",
            ]),
        program("variorum-simulate", ["Simulation", "CommandLine"]),
        program("variorum", ["CommandLine"]),
        program("variorumd", ["CommandLine"]),
        program(
            "variorum-bench",
            [
                "CommandLine", "LocalStore", "ServerStore", "SyncClient", "SyncServer", "SQLiteBinding", "HTTPClient",
                "HTTPServing", "ChangeLog", "AnnotationModel", "WireFormat", "Cryptography", "DocumentText",
                "Interchange",
                "TeamCoding", "BenchmarkResults",
            ]),

        // Tests.
        .target(name: "CSQLiteFaults", path: "Tests/CSQLiteFaults", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "TestSupport",
            dependencies: [
                "AnnotationModel", "ChangeLog", "WireFormat", "Cryptography", "Compression", "HTTPServing",
                "LocalStore", "ServerStore", "SyncClient", "SyncServer", "Simulation", "SQLiteBinding", "CSQLite",
                "CSQLiteFaults",
            ], path: "Tests/TestSupport", swiftSettings: common),
        tests(
            "SyncTests",
            [
                "AnnotationModel", "ChangeLog", "DocumentText", "LocalStore", "ServerStore", "SyncClient", "SyncServer",
                "SQLiteBinding", "WireFormat", "TestSupport", "CommandLine", "HTTPServing", "HTTPClient",
                "Cryptography",
            ]),
        tests(
            "FaultTests",
            [
                "AnnotationModel", "ChangeLog", "Cryptography", "DocumentText", "LocalStore", "ServerStore",
                "SQLiteBinding", "SyncClient", "WireFormat", "TestSupport",
            ]),
        tests("AnnotationModelTests", ["AnnotationModel"]),
        tests("ChangeLogTests", ["AnnotationModel", "ChangeLog", "WireFormat", "Simulation", "TestSupport"]),
        tests(
            "CommandLineTests",
            [
                "CommandLine", "DocumentText", "AnnotationModel", "ChangeLog", "Compression", "Cryptography",
                "HTTPClient",
                "HTTPServing",
                "Interchange", "LocalStore", "SQLiteBinding", "ServerStore", "TeamCoding", "TestSupport", "WireFormat",
            ]),
        tests("CompressionTests", ["Compression", "CZstd"]),
        tests("XMLReadingTests", ["XMLReading"]),
        tests(
            "InterchangeTests",
            [
                "Interchange", "AnnotationModel", "ChangeLog", "DocumentText", "LocalStore", "Cryptography",
                "TeamCoding", "CXML",
            ],
            exclude: ["w3c-schemas.py"]),
        tests(
            "LocalStoreTests",
            [
                "LocalStore", "AnnotationModel", "ChangeLog", "DocumentText", "Cryptography", "SQLiteBinding",
                "TestSupport",
            ]),
        tests("DocumentTextTests", ["DocumentText", "AnnotationModel"]),
        tests("BenchmarkResultsTests", ["BenchmarkResults"]),
        tests("TeamCodingTests", ["TeamCoding", "AnnotationModel", "ChangeLog", "Cryptography"]),

        // Schema files become Swift sources at build time.
        .executableTarget(name: "EmbedSQLTool", swiftSettings: base),
        .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["EmbedSQLTool"]),

        tests(
            "WireFormatTests",
            ["AnnotationModel", "ChangeLog", "WireFormat", "Cryptography", "Simulation", "TestSupport"]),
        tests(
            "ServerStoreTests",
            [
                "AnnotationModel", "ChangeLog", "WireFormat", "Compression", "Cryptography", "ServerStore",
                "SQLiteBinding",
                "TestSupport",
            ]),
        tests(
            "SyncServerTests",
            [
                "AnnotationModel", "ChangeLog", "CommandLine", "WireFormat", "Compression", "Cryptography",
                "HTTPClient",
                "HTTPServing", "Interchange",
                "LocalStore", "ServerStore", "SyncClient", "SyncServer", "TestSupport",
            ]),
        tests("HTTPServingTests", ["HTTPServing"]),

        // Fuzzing: scripts/fuzz. What decoders are compared with shares no code with them.
        .systemLibrary(
            name: "CLibCBOR", path: "Tests/CLibCBOR", pkgConfig: "libcbor", providers: [.apt(["libcbor-dev"])]),
        .target(
            name: "CHTTPParser", path: "Tests/CHTTPParser", linkerSettings: [.linkedLibrary("http_parser")]),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "AnnotationModel", "DocumentText", "ChangeLog", "WireFormat", "Compression", "Cryptography",
                "HTTPServing", "HTTPClient", "LocalStore", "ServerStore", "SyncClient", "SyncServer",
                "CommandLine", "Interchange", "TeamCoding", "TestSupport", "CLibCBOR", "CHTTPParser",
            ], path: "Tests/FuzzTargets", swiftSettings: common),
        .executableTarget(
            name: "variorum-fuzz", dependencies: ["FuzzTargets"], path: "Tests/FuzzRunner", swiftSettings: common,
            linkerSettings: sanitizers.isEmpty ? [] : [.unsafeFlags(sanitizers + ["-use-ld=lld"])]),
        tests("FuzzTests", ["FuzzTargets"]),
        tests("HTTPClientTests", ["ChangeLog", "Cryptography", "HTTPClient", "HTTPServing"]),
        tests("SimulationTests", ["AnnotationModel", "Simulation", "SQLiteBinding", "CSQLite"]),
    ],
    swiftLanguageModes: [.v6]
)
