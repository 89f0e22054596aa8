extension NetworkGraph {
    /// GraphML 1.0 (http://graphml.graphdrawing.org/xmlns), undirected: nodes with label, mode and number of statements, edges
    /// with their counts and the signed weight.
    public func graphML() -> Export {
        let names = countNames
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
            xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
              <key id="title" for="graph" attr.name="title" attr.type="string"/>
              <key id="label" for="node" attr.name="label" attr.type="string"/>
              <key id="mode" for="node" attr.name="mode" attr.type="string"/>
              <key id="statements" for="node" attr.name="statements" attr.type="int"/>

            """
        var counts = [names.positive, names.negative]
        if mode == .actorConcept { counts += ["neutral", "unclear"] }
        for name in counts + ["weight"] {
            text += "  <key id=\"\(name)\" for=\"edge\" attr.name=\"\(name)\" attr.type=\"int\"/>\n"
        }
        text += "  <graph id=\"\(mode.rawValue)\" edgedefault=\"undirected\">\n"
        text += "    <data key=\"title\">\(markupEscaped(title))</data>\n"
        for node in nodes {
            text += "    <node id=\"\(node.id)\"><data key=\"label\">\(markupEscaped(node.label))</data>"
            text += "<data key=\"mode\">\(node.isActor ? "actor" : "concept")</data>"
            text += "<data key=\"statements\">\(node.statements)</data></node>\n"
        }
        for edge in edges {
            text += "    <edge source=\"\(nodes[edge.source].id)\" target=\"\(nodes[edge.target].id)\">"
            for (name, count) in zip(counts, [edge.positive, edge.negative, edge.neutral, edge.unclear]) {
                text += "<data key=\"\(name)\">\(count)</data>"
            }
            text += "<data key=\"weight\">\(edge.weight)</data></edge>\n"
        }
        text += "  </graph>\n</graphml>\n"
        var losses = losses
        losses.add(
            (nodes.map(\.label) + [title]).count { $0.hasUnprintables }, "names with control characters",
            "XML has no place for them; pictures of them, or U+FFFD, stand instead")
        return Export(bytes: Array(text.utf8), losses: losses)
    }

    /// One row for each edge; RFC 4180 with a header.
    public func commaSeparated() -> Export {
        let names = countNames
        var rows = [
            [
                "source_id", "source", "target_id", "target", names.positive, names.negative, "neutral", "unclear",
                "weight",
            ]
        ]
        for edge in edges {
            let (source, target) = (nodes[edge.source], nodes[edge.target])
            rows.append(
                [source.id, source.label, target.id, target.label]
                    + [edge.positive, edge.negative, edge.neutral, edge.unclear, edge.weight].map { String($0) })
        }
        let joined = Set(edges.flatMap { [$0.source, $0.target] })
        var losses = losses
        losses.add(nodes.count - joined.count, "nodes without an edge", "a row is an edge; the GraphML file has them")
        return Export(bytes: CommaSeparatedRows.bytes(of: rows), losses: losses)
    }
}
