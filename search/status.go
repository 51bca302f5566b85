package search

// State is what an index is doing.
type State string

const (
	OK         State = "ok"         // follows the store
	Rebuilding State = "rebuilding" // is built anew; see Status.Answering for searches meanwhile
	Failed     State = "failed"     // could not be written or built, and will be tried again
)

// Status describes an index for operators.
type Status struct {
	State     State
	Reason    string // why it is rebuilt or what failed; empty when OK
	Answering bool   // searches are answered
	Position  uint64 // of the last change that searches see
	Lag       uint64 // changes of the store that they do not see yet
	Documents uint64 // customers that can be found
	Done      int    // customers that the rebuild has written
	Total     int    // of so many; 0 when there is no rebuild
	Waiting   int    // searches that wait for others to end
	Refused   uint64 // searches that were, since the index was opened, since too many waited
}

// Status returns the present state.
func (x *Index) Status() Status {
	last := x.src.LastSeq()
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.status
	s.Waiting, s.Refused = int(x.turns.waiting.Load()), x.turns.refused.Load()
	if x.current == nil {
		s.Lag = last
		return s
	}
	s.Answering = true
	s.Position = x.position
	s.Lag = last - min(last, x.position)
	s.Documents = x.documents
	return s
}

func (x *Index) setOK() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.status = Status{State: OK}
}

func (x *Index) setRebuilding(reason string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.status = Status{State: Rebuilding, Reason: reason}
}

func (x *Index) setProgress(done, total int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.status.Done, x.status.Total = done, total
}

// setFailed notes a failure; what it failed with is in the log.
func (x *Index) setFailed(reason string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.status.State, x.status.Reason = Failed, reason
}
