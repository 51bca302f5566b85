package search

import (
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"crms/store/crm"
)

// newDocument makes what Bleve indexes of a contact. The terms are handed to
// it ready-made: its analyzers neither fold as [fold] does nor know of numbers.
func newDocument(c crm.Contact) *document.Document {
	t := termsOf(c)
	d := document.NewDocument(documentID(c.ID))
	d.AddField(newTermField(fieldFull, t.full))
	d.AddField(newTermField(fieldName, t.name))
	d.AddField(newTermField(fieldKey, t.key))
	d.AddField(newTermField(fieldStart, t.start))
	d.AddField(newTermField(fieldInner, t.inner))
	d.AddField(newTermField(fieldInnerStart, t.innerStart))
	d.AddField(newTermField(fieldSpelled, t.spelled))
	d.AddField(newTermField(fieldDigest, []string{digest(c)}))
	return d
}

// documentID is the id's twelve bytes.
func documentID(id crm.ID) string { return string(id[:]) }

// termField is a field of a document with given terms. Nothing but the fact
// that the customer has the term is kept: no positions, no stored text.
type termField struct {
	name  string
	freqs index.TokenFrequencies
	bytes int
}

func newTermField(name string, terms []string) *termField {
	f := &termField{name: name, freqs: make(index.TokenFrequencies, len(terms))}
	tokens := make([]index.TokenFreq, len(terms))
	for i, term := range terms {
		tokens[i].Term = []byte(term)
		// A frequency of one and a length of one let a term of a single
		// customer be held in the dictionary itself.
		tokens[i].SetFrequency(1)
		f.freqs[term] = &tokens[i]
		f.bytes += len(term)
	}
	return f
}

// The methods of Bleve's document.Field.

func (f *termField) Name() string                                     { return f.name }
func (f *termField) Value() []byte                                    { return nil }
func (f *termField) ArrayPositions() []uint64                         { return nil }
func (f *termField) EncodedFieldType() byte                           { return 't' }
func (f *termField) Analyze()                                         {}
func (f *termField) Options() index.FieldIndexingOptions              { return index.IndexField }
func (f *termField) AnalyzedLength() int                              { return 1 }
func (f *termField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
func (f *termField) NumPlainTextBytes() uint64                        { return uint64(f.bytes) }
func (f *termField) Size() int                                        { return f.bytes }
