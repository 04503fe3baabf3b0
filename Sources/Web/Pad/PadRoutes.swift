import NIOHTTP1

/// The pad's files. They are parts of the program (see Package.swift), and nothing in them is secret.
package enum PadRoutes {
    package static var all: [WebRoute] {
        let files: [(path: String, type: String, bytes: [UInt8])] = [
            ("/", "text/html", PackageResources.index_html),
            ("/index.html", "text/html", PackageResources.index_html),
            ("/status.html", "text/html", PackageResources.status_html),
            ("/pad.css", "text/css", PackageResources.pad_css),
            ("/pad.js", "text/javascript", PackageResources.pad_js),
            ("/ink.js", "text/javascript", PackageResources.ink_js),
            ("/save.js", "text/javascript", PackageResources.save_js),
            ("/session.js", "text/javascript", PackageResources.session_js),
            ("/status.js", "text/javascript", PackageResources.status_js),
            ("/search.html", "text/html", PackageResources.search_html),
            ("/search.js", "text/javascript", PackageResources.search_js),
            ("/sw.js", "text/javascript", PackageResources.sw_js),
            ("/ductus.js", "text/javascript", PackageResources.ductus_js),
            ("/icon.svg", "image/svg+xml", PackageResources.icon_svg),
            ("/pad.webmanifest", "application/manifest+json", PackageResources.pad_webmanifest),
        ]
        return files.map { file in
            let response = WebResponse(type: "\(file.type); charset=utf-8", body: file.bytes)
            return WebRoute(.GET, file.path, .open) { _, reply in reply(response) }
        }
    }
}
