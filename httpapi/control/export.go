package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"crms/httpapi/transfer"
	"crms/store/crm"
)

// trailerRows carries the number of customers behind an export, which is not
// whole without it.
const trailerRows = "Crms-Rows"

// exportFile streams all customers as of one moment. It reads a copy, so that a
// slow reader holds up nobody, unless nobody else uses the store.
func (o *operations) exportFile(w http.ResponseWriter, r *http.Request) {
	format, known := transfer.ParseFormat(r.URL.Query().Get("format"))
	if !known {
		fail(w, &crm.Error{Kind: crm.Invalid, Message: "the server does not know this format: is it of another version?"})
		return
	}
	from := o.Store
	if !o.Alone {
		opened, release, err := o.copyOfStore()
		if err != nil {
			fail(w, err)
			return
		}
		defer release()
		from = opened
	}
	w.Header().Set("Trailer", trailerRows)
	w.Header().Set("Content-Type", "application/octet-stream")
	buffered := bufio.NewWriterSize(w, 256<<10)
	file, err := transfer.NewWriter(buffered, format)
	var n int64
	if err == nil {
		n, err = from.Export(file.Write)
	}
	if err = errors.Join(err, flush(file, buffered)); err != nil {
		if r.Context().Err() == nil {
			o.Log.Error("an export was cut short", "error", err)
		}
		panic(http.ErrAbortHandler) // so that the reader sees that it is not whole
	}
	w.Header().Set(trailerRows, strconv.FormatInt(n, 10))
}

func flush(file *transfer.Writer, buffered *bufio.Writer) error {
	if file == nil {
		return nil
	}
	return errors.Join(file.Flush(), buffered.Flush())
}

// Export writes all customers to w and returns how many they are.
func Export(ctx context.Context, c *Client, format transfer.Format, w io.Writer) (int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://crms/export?format="+string(format), nil)
	if err != nil {
		return 0, err
	}
	response, err := c.do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return 0, fmt.Errorf("the export was cut short: %w", err)
	}
	n, err := strconv.ParseInt(response.Trailer.Get(trailerRows), 10, 64)
	if err != nil {
		return 0, errors.New("the export was cut short: the number of its customers is missing")
	}
	return n, nil
}
