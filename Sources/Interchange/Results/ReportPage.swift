/// An HTML page in the making. All text goes through `markupEscaped`; only tags that the program names are written as such.
struct ReportPage {
    private(set) var html = ""

    mutating func raw(_ markup: StaticString) { html += "\(markup)" }

    /// Text, kept apart from its neighbours in writing direction.
    mutating func text(_ text: String) { html += "<bdi>" + markupEscaped(text) + "</bdi>" }

    /// Words of the report itself.
    mutating func words(_ text: String) { html += markupEscaped(text) }

    /// An element with attributes, whose values are escaped, too.
    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: (inout Self) -> Void
    ) {
        html += "<\(name)"
        for (key, value) in attributes { html += " \(key)=\"" + markupEscaped(value, inAttribute: true) + "\"" }
        html += ">"
        content(&self)
        html += "</\(name)>"
    }

    /// What the program has made itself, of nobody's words: the style sheet.
    mutating func unescaped(_ markup: String) { html += markup }

    mutating func line() { html += "\n" }

    /// A table that scrolls by itself if the page is too narrow, and can be scrolled by keyboard.
    ///
    /// - Parameter rows: Cells that are text; the first of each is the row's header.
    mutating func table(
        id: String, caption: String, columns: [String], rows: [[(inout Self) -> Void]]
    ) {
        element("div", ["class": "scroll", "role": "region", "aria-labelledby": id, "tabindex": "0"]) { page in
            page.element("table") { page in
                page.element("caption", ["id": id]) { $0.words(caption) }
                page.element("thead") { page in
                    page.element("tr") { page in
                        for column in columns { page.element("th", ["scope": "col"]) { $0.text(column) } }
                    }
                }
                page.line()
                page.element("tbody") { page in
                    for row in rows {
                        page.element("tr") { page in
                            for (place, cell) in row.enumerated() {
                                if place == 0 {
                                    page.element("th", ["scope": "row"], cell)
                                } else {
                                    page.element("td", [:], cell)
                                }
                            }
                        }
                        page.line()
                    }
                }
            }
        }
        line()
    }
}

/// The look of a report: one style sheet in the page, nothing from elsewhere.
enum ReportStyle {
    /// Dark enough on white for text (WCAG 2.2, 4.5 : 1), and apart in luminance or hue for most eyes; letters say the same as colours.
    static let colours = [
        "#0b5cad", "#b34700", "#1b6e3c", "#7a1fa2", "#8a1c1c", "#00626b", "#5c5200", "#444444",
    ]

    static func sheet(coders: Int) -> String {
        var sheet = """
            :root{color-scheme:light}
            body{margin:0 auto;max-width:78rem;padding:0 1rem 3rem;color:#1a1a1a;background:#fff;\
            font:1rem/1.5 "DejaVu Sans",Verdana,sans-serif;overflow-wrap:anywhere}
            h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2.5rem;border-bottom:2px solid #1a1a1a}
            h3{font-size:1.1rem;margin-top:2rem}
            a{color:#0b4a8f}a:focus-visible,.scroll:focus-visible{outline:3px solid #b34700;outline-offset:2px}
            .skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:.5rem;background:#fff;padding:.5rem}
            .scroll{overflow-x:auto;margin:1rem 0}
            table{border-collapse:collapse;width:100%;font-size:.9rem}
            caption{text-align:left;font-weight:bold;padding:.3rem 0}
            th,td{border:1px solid #8a8a8a;padding:.35rem .5rem;text-align:left;vertical-align:top;min-width:5rem;overflow-wrap:break-word}
            tbody th[scope=row]{min-width:9rem}td .hash{display:inline-block;min-width:16rem}
            thead th{background:#eee}tbody th{font-weight:normal}
            .texts td{min-width:11rem}.texts td.text{min-width:17rem;max-width:40rem;white-space:pre-wrap}
            .texts th[scope=row],.texts thead th:first-child{min-width:2rem;width:2rem}
            .texts ul{margin:0;padding:0;list-style:none}.texts li{margin-bottom:.5rem}
            .hash{font-family:"DejaVu Sans Mono",monospace;font-size:.8rem;word-break:break-all}
            sup{line-height:0;font-size:.7rem}sup a{padding:0 .1rem;font-weight:bold}
            .code{border:1px solid currentColor;border-radius:.2rem;padding:0 .25rem;white-space:normal}
            dt{font-weight:bold}dd{margin:0 0 .5rem 1rem}

            """
        // Wide lines for as many underlines as there are coders, up to eight of them.
        let levels = min(max(coders, 1), colours.count)
        sheet += ".texts td.text{line-height:\(24 + 5 * levels)px}\n"
        for level in 0..<levels {
            sheet += ".k\(level){border-bottom:3px \(level < 4 ? "solid" : "dashed") \(colours[level]);"
            sheet += "padding-bottom:\(1 + 5 * level)px}.n\(level){color:\(colours[level]);font-weight:bold}\n"
        }
        return sheet + """
            @media print{body{max-width:none;padding:0;font-size:9pt}.skip,nav{display:none}.scroll{overflow:visible}\
            tr,li{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}\
            .texts td,.texts td.text,th,td,tbody th[scope=row],td .hash{min-width:0}\
            table{font-size:7.5pt}th,td{padding:.15rem .3rem;overflow-wrap:anywhere}thead th{overflow-wrap:break-word}\
            td .hash{display:inline;font-size:6.5pt}.texts td.text{min-width:14rem}\
            *{-webkit-print-color-adjust:exact;print-color-adjust:exact}a{color:inherit;text-decoration:none}}
            """
    }
}
