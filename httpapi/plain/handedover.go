package plain

import "net"

// handedOver is a connection as the server gets it: as if nothing had been read
// of the requests that are not answered.
type handedOver struct {
	net.Conn
	first []byte // what was read
}

// Read reads what was read already, and then from the connection.
func (h *handedOver) Read(p []byte) (int, error) {
	if len(h.first) == 0 {
		h.first = nil // and the buffer that it was read into
		return h.Conn.Read(p)
	}
	n := copy(p, h.first)
	h.first = h.first[n:]
	return n, nil
}

// NetConn returns the connection that was accepted.
func (h *handedOver) NetConn() net.Conn { return h.Conn }

// CloseWrite says that no more will be sent, where the connection can say so.
func (h *handedOver) CloseWrite() error {
	if w, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}
