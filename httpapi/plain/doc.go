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
// HTTP/1.1 without TLS; GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; a target
// that begins with a slash and has no byte but visible ASCII; a header of lines with
// a name, a colon and visible ASCII, each ended by CR LF; one Host, a name or an
// address; at most one Content-Length, in digits; no Transfer-Encoding, Trailer,
// Expect or Pragma, no Upgrade but the offers of HTTP/2 and TLS that some clients
// make with every request, and nothing of closing in a Connection; all of that with
// the body in 8 KiB, and there within 100 ms of its beginning.
//
// # Why it is safe
//
// It needs no opinion of anything else. A request that could be read in two ways is
// not plain: it, and all that comes behind it on the connection, is read by
// net/http, as if nothing had been read before. Nobody is refused here, and nothing
// unusual is answered. [FuzzSameAnswers] sends anything to a server with this
// listener and to one without, and wants the same answers from both, byte by byte.
//
// # What differs
//
// The handler is given the same request, and the same rules hold for it: it must
// not change the request, nor use it or the answer once it has returned.
//
// For handlers, because nobody watches the client or the clock for them:
//   - The context ends with the client for those who ask for its Done, not for those
//     who ask for nothing but Err.
//   - An answer is held until the handler returns, unless it has said how long it is,
//     and that is more than 64 KiB. There is nothing to flush, and nothing is sent of
//     an answer that a panic breaks off.
//   - The connection cannot be hijacked, and a read deadline changes nothing. That for
//     writing is the server's, begins when the answer is sent, and cannot be set.
//
// For clients:
//   - Every answer with a body says how long it is: where net/http sends chunks, and in
//     the answer to HEAD, too. What needs chunks (trailers) or clients that wait for
//     it (informational answers) is not sent.
//   - One that has closed its side after a request is answered, unless the handler
//     asks for Done; net/http takes it for gone, and has every handler know.
//   - Timeouts are up to a sixteenth longer, and that for a header begins anew when a
//     connection is handed over: setting a deadline costs more than looking at it.
package plain
