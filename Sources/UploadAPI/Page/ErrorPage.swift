import HTTPTypes

/// What a browser is shown instead of a problem document.
struct ErrorPage {
    let problem: Problem
    /// The page to go back to.
    let back: String

    var html: HTML {
        HTML(
            title: problem.title,
            body: """
                <h1>\(problem.title)</h1>
                <p role="alert">\(problem.detail)</p>
                <p>\(storedNothing)<a href="\(back)">Back to the files</a></p>
                <p class="fine">\(problem.status.code) \(problem.status.reasonPhrase), \(problem.rule)</p>

                """
        )
    }

    /// A server's own failure may have come too late for this to be sure.
    private var storedNothing: HTML {
        problem.status.kind == .clientError ? "Nothing was stored. " : ""
    }
}
