// Package plain answers plain requests on a connection by itself, and hands the
// connection over to the ordinary [http.Server] at the first request that is not
// plain.
//
// What it buys: net/http starts a goroutine for each request that reads in the
// background, makes contexts, copies and sorts headers, and sets a deadline eight
// times. Next to a handler that takes 8 µs that is half of the server's work. Here a
// request is one read, one call of the handler and one write. A customer asked for
// on one connection takes 20 µs where it took 29, client and network included, and
// 36 allocations where it took 53 (BenchmarkConnection in httpapi).
//
// # What is plain
//
// HTTP/1.1 without TLS; GET, POST, PUT, PATCH or DELETE; a target that begins with
// a slash and has no byte but visible ASCII; a header of lines with a name, a
// colon and visible ASCII, each ended by CR LF; one Host, a name or an address; at
// most one Content-Length, in digits; no Transfer-Encoding, Trailer, Expect,
// Upgrade or Pragma, and no Connection but keep-alive; all of that with the body in
// 8 KiB, and there within 100 ms of its beginning.
//
// # Why it is safe
//
// It needs no opinion of anything else. A request that could be read in two ways is
// not plain: it, and all that comes behind it on the connection, is read by
// net/http, as if nothing had been read before. Nobody is refused here, and nothing
// unusual is answered. [FuzzSameAnswers] sends anything to a server with this
// listener and to one without, and wants the same answers from both.
//
// The handler is given the same request, and the same rules hold for it: it must
// not change the request, nor use it or the answer once it has returned. The
// request's context ends when the client goes away for those who ask for its Done.
// Two things differ: an answer is held in memory until the handler returns (unless
// it has said how long it is, and is long), so that there is nothing to flush; and
// connections cannot be hijacked.
package plain
