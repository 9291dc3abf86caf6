package plan

// Kind is the kind of a Value.
type Kind uint8

const (
	// Null is an empty value, `~` or `null`.
	Null Kind = iota
	// Scalar is text: every number, boolean and string is kept as it was written.
	Scalar
	// List is a sequence.
	List
	// Map is a mapping, in the order of the file.
	Map
)

// Style is how a scalar was written, which decides how it may be replaced in place.
type Style uint8

const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	// Alias is a value that stands elsewhere; it cannot be replaced in place.
	Alias
)

// Pos is a place in the source: Line and Column count from 1, Column in characters; Offset counts bytes
// of the source as it was given, BOM and CR included. The zero Pos is "nowhere".
type Pos struct {
	Line, Column int
	Offset       int
}

// Value is one node of a YAML document: its raw text and where it stands. Scalars are never converted, so
// that the id 007 stays 007.
type Value struct {
	Kind  Kind
	Style Style
	// Text is the content of a scalar, escapes and folding resolved; for Null the text as written.
	Text string
	// Items are the elements of a List, Fields those of a Map.
	Items  []*Value
	Fields []Field
	// Flow is true for `[...]` and `{...}`.
	Flow bool
	// Tagged, Anchored are true where a `!tag` or `&anchor` stands before the value.
	Tagged, Anchored bool
	// Shared is true for an anchored value that an alias or a merge key shows elsewhere too, and for what
	// is within it: changing it would change more than one place.
	Shared bool
	Pos    Pos
	// End is the byte offset behind the value, where known: single-line scalars and flow collections.
	End int
}

// Field is one key of a Map with its value.
type Field struct {
	Key   string
	Pos   Pos
	Value *Value
	// Merged is true for a field that a merge key (`<<`) brought; it stands in another mapping.
	Merged bool
}

// Get returns the value of a key of a Map, nil when there is none or v is no Map.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Fields {
		if v.Fields[i].Key == key {
			return v.Fields[i].Value
		}
	}
	return nil
}

// IsNull reports whether there is no value: v is nil, empty, `~` or `null`.
func (v *Value) IsNull() bool { return v == nil || v.Kind == Null }
