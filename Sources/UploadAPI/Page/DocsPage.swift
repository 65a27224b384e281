/// The description of the API for people.
struct DocsPage {
    /// In OpenAPI 3.1.
    let description: JSONValue

    var html: HTML {
        let info = description["info"]
        return HTML(
            title: info?["title"]?.text ?? "API",
            body: """
                <h1>\(info?["title"]?.text ?? "API")</h1>
                \(Self.paragraphs(info?["description"]?.text))
                <p>As a machine reads it: <a href="/openapi.json">openapi.json</a></p>
                \((description["paths"]?.members ?? []).map(path))
                """
        )
    }

    private func path(_ path: JSONMember) -> HTML {
        let operations = path.value.members.filter { $0.value["responses"] != nil }
        return "<section class=\"path\">\n<h2><code>\(path.name)</code></h2>\n\(operations.map(operation))</section>\n"
    }

    private func operation(_ operation: JSONMember) -> HTML {
        let parameters = operation.value["parameters"]?.elements ?? []
        return """
            <h3><code>\(operation.name.uppercased())</code> \(operation.value["summary"]?.text ?? "")</h3>
            \(Self.paragraphs(operation.value["description"]?.text))
            \(Self.table(parameters.map(parameter)))
            \(Self.table((operation.value["responses"]?.members ?? []).map(response)))
            """
    }

    private func parameter(_ reference: JSONValue) -> HTML {
        let parameter = resolved(reference)
        return """
            <tr><th scope="row"><code>\(parameter["name"]?.text ?? "")</code></th>
            <td>\(parameter["in"]?.text ?? "")</td><td>\(parameter["description"]?.text ?? "")</td></tr>

            """
    }

    private func response(_ response: JSONMember) -> HTML {
        """
        <tr><th scope="row">\(response.name)</th>
        <td colspan="2">\(resolved(response.value)["description"]?.text ?? "")</td></tr>

        """
    }

    /// What a `$ref` within the document points to.
    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.text else { return value }
        return reference.split(separator: "/").dropFirst()
            .reduce(description) { $0[String($1)] ?? .null }
    }

    private static func table(_ rows: [HTML]) -> HTML {
        rows.isEmpty ? "" : "<table>\n\(rows)</table>\n"
    }

    private static func paragraphs(_ text: String?) -> HTML {
        text.map { "<p>\($0)</p>\n" } ?? ""
    }
}
