package plan

// Limits bound what Parse accepts, so that a file made to hurt is refused quickly and in little memory.
// A zero field means its default.
type Limits struct {
	// MaxBytes is the size of the file; 32 MiB.
	MaxBytes int
	// MaxDepth is how deep lists and mappings may stand in each other; 100.
	MaxDepth int
	// MaxTasks is the number of tasks of a plan; 200,000. Parse knows no tasks, the reader holds to it.
	MaxTasks int
	// MaxKeys is the number of keys of one mapping; 10,000.
	MaxKeys int
	// MaxAnchors is the number of anchors and aliases written; 10,000.
	MaxAnchors int
	// MaxTokens is the number of tokens (keys, values, dashes, brackets) of a file with anything unusual in
	// it, such as anchors or tags: that takes many times the memory to read; 4,000,000.
	MaxTokens int
	// MaxAliased is how many values all aliases and merge keys together may stand for; 1,000,000.
	MaxAliased int
}

// withDefaults fills in what was left at zero.
func (l Limits) withDefaults() Limits {
	defaults := Limits{
		MaxBytes:   32 << 20,
		MaxDepth:   100,
		MaxTasks:   200_000,
		MaxKeys:    10_000,
		MaxAnchors: 10_000,
		MaxTokens:  4_000_000,
		MaxAliased: 1_000_000,
	}
	for _, field := range []struct{ have, want *int }{
		{&l.MaxBytes, &defaults.MaxBytes},
		{&l.MaxDepth, &defaults.MaxDepth},
		{&l.MaxTasks, &defaults.MaxTasks},
		{&l.MaxKeys, &defaults.MaxKeys},
		{&l.MaxAnchors, &defaults.MaxAnchors},
		{&l.MaxTokens, &defaults.MaxTokens},
		{&l.MaxAliased, &defaults.MaxAliased},
	} {
		if *field.have <= 0 {
			*field.have = *field.want
		}
	}
	return l
}
