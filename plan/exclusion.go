package plan

import (
	"path"
	"slices"
	"strings"
)

// ExclusionSet says which tasks must not run at the same time. Tasks are meant by their place in Plan.Tasks.
type ExclusionSet struct {
	// With holds for each task those it must not overlap with, ascending; it is symmetric.
	With [][]int
	// Locks holds for each task the names of which one running task can hold each: its own `locks`, and
	// one for each path that several tasks own exclusively. As pairs those would be quadratic.
	Locks [][]string
}

// maxOwnershipPairs bounds the pairs that overlapping paths may make. Beyond it whole groups of tasks share
// a lock, which keeps apart a few tasks more than needed.
const maxOwnershipPairs = 1 << 20

// FindExclusions collects what must not overlap: conflicts_with, in both directions; tasks that run alone; ownership of
// overlapping paths where one side is exclusive; locks. Paths are compared by what they could match, not
// by the files there are, and in doubt they overlap.
func FindExclusions(p *Plan) ExclusionSet {
	x := ExclusionSet{With: make([][]int, len(p.Tasks)), Locks: make([][]string, len(p.Tasks))}
	for i, t := range p.Tasks {
		for _, id := range t.Conflicts {
			if other, ok := p.index[id]; ok {
				x.pair(i, other)
			}
		}
		x.Locks[i] = slices.Clone(t.Locks)
	}
	claims := claimsOf(p)
	for _, c := range claims {
		if len(c.exclusive) > 1 {
			x.lock("owns "+c.pattern, c.exclusive)
		}
	}
	x.alone(p)
	pairs := 0
	cross := func(a, b *claim, as, bs []int) {
		if len(as) == 0 || len(bs) == 0 {
			return
		}
		if pairs += len(as) * len(bs); pairs > maxOwnershipPairs {
			x.lock("owns "+a.pattern+" and "+b.pattern, as, bs)
			return
		}
		for _, i := range as {
			for _, j := range bs {
				x.pair(i, j)
			}
		}
	}
	for _, c := range claims {
		cross(c, c, c.exclusive, c.other)
	}
	all := overlapping(claims, func(a, b *claim) {
		cross(a, b, a.exclusive, b.exclusive)
		cross(a, b, a.exclusive, b.other)
		cross(a, b, a.other, b.exclusive)
	})
	if !all {
		for _, c := range claims {
			x.lock("owns what is too much to compare", c.exclusive, c.other)
		}
	}
	for i := range x.With {
		slices.Sort(x.With[i])
		x.With[i] = slices.Compact(x.With[i])
		slices.Sort(x.Locks[i])
		x.Locks[i] = slices.Compact(x.Locks[i])
	}
	return x
}

func (x *ExclusionSet) pair(i, j int) {
	if i != j {
		x.With[i] = append(x.With[i], j)
		x.With[j] = append(x.With[j], i)
	}
}

func (x *ExclusionSet) lock(name string, groups ...[]int) {
	for _, tasks := range groups {
		for _, t := range tasks {
			x.Locks[t] = append(x.Locks[t], name)
		}
	}
}

// alone keeps every other task away from those that run alone.
func (x *ExclusionSet) alone(p *Plan) {
	var alone, others []int
	for i, t := range p.Tasks {
		if t.Alone {
			alone = append(alone, i)
		} else {
			others = append(others, i)
		}
	}
	const name = "runs alone"
	if len(alone) > 0 && len(alone)*len(others) > maxOwnershipPairs {
		x.lock(name, alone, others)
		return
	}
	x.lock(name, alone)
	for _, i := range alone {
		for _, j := range others {
			x.pair(i, j)
		}
	}
}

// claim is one path or glob with the tasks that name it.
type claim struct {
	pattern string
	parts   []string
	// plain is the number of parts before the first that is a glob.
	plain int
	// last is the name of the file, where it is a glob that ends in one: then it is no folder, either.
	last string
	// exclusive and other are the tasks that own it exclusively, and those that share or only read it.
	exclusive, other []int
}

// claimsOf returns the paths of all tasks, each once, in the order of the plan.
func claimsOf(p *Plan) []*claim {
	var claims []*claim
	known := map[string]*claim{}
	for i, t := range p.Tasks {
		for _, raw := range t.Ownership.Paths {
			pattern := cleanPattern(raw)
			c := known[pattern]
			if c == nil {
				c = &claim{pattern: pattern, parts: splitPattern(pattern)}
				for c.plain < len(c.parts) && !strings.ContainsAny(c.parts[c.plain], globChars) {
					c.plain++
				}
				if name := c.parts[len(c.parts)-1]; c.plain < len(c.parts) && !strings.ContainsAny(name, globChars) && !mayBeFolder(c) {
					c.last = name
				}
				known[pattern] = c
				claims = append(claims, c)
			}
			list := &c.exclusive
			if t.Ownership.Mode == "shared" || t.Ownership.Mode == "read_only" {
				list = &c.other
			}
			if n := len(*list); n == 0 || (*list)[n-1] != i { // a path that the task names twice
				*list = append(*list, i)
			}
		}
	}
	return claims
}

// globChars make a part of a path a glob.
const globChars = "*?[{"

// cleanPattern writes a path one way: forward slashes, no ./ before it, no // or .. in it. A slash at the
// end stays, it says that the path is a folder.
func cleanPattern(raw string) string {
	p := strings.ReplaceAll(strings.TrimSpace(raw), `\`, "/")
	clean := strings.TrimPrefix(path.Clean(p), "/")
	if clean == "." || clean == "" {
		return "**"
	}
	if strings.HasSuffix(p, "/") {
		clean += "/"
	}
	return clean
}

// maxPatternParts is how many parts of a path are looked at; what follows could be anything.
const maxPatternParts = 200

// splitPattern cuts a pattern at its slashes. What is hard to compare is made wider, never narrower.
func splitPattern(pattern string) []string {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSuffix(pattern, "/"), "/") {
		switch {
		case len(parts) == maxPatternParts || strings.Contains(part, "{"):
			return append(parts, "**") // braces may hold slashes
		case part != "**" && strings.Contains(part, "**"):
			parts = append(parts, "**", strings.ReplaceAll(part, "**", "*")) // as some tools read **.go
		default:
			parts = append(parts, part)
		}
	}
	return parts
}

// maxCompared bounds the comparisons of claims, of which one that needs a look at every part counts for
// costOfParts: some tenths of a second. Only thousands of globs that begin alike (**/x*.go) come near it.
const maxCompared, costOfParts = 1 << 26, 256

// overlapping calls yield once for every two different claims that could match a common file. Claims meet
// in a tree of the parts before their first glob: only those on one way from the root can overlap, so that
// 10,000 claims of different files are compared with next to nothing. Where there would be too many
// comparisons it ends before all are made, and returns false.
func overlapping(claims []*claim, yield func(a, b *claim)) (all bool) {
	root, left := &claimNode{}, maxCompared
	for _, c := range claims {
		compare := func(other *claim) {
			left--
			if left < 0 || other.last != "" && c.last != "" && other.last != c.last {
				return // files of different names: most pairs of thousands of **/NAME
			}
			if left -= costOfParts; overlap(other, c) {
				yield(other, c)
			}
		}
		at := root
		for _, part := range c.parts[:c.plain] {
			for _, other := range at.here {
				compare(other)
			}
			at = at.child(part)
		}
		at.each(compare)
		at.here = append(at.here, c)
		if left < 0 {
			return false
		}
	}
	return true
}

// claimNode is one folder, or file, of the tree of claims.
type claimNode struct {
	here  []*claim
	below []*claimNode // in the order they came, so that the same plan always gives the same
	named map[string]*claimNode
}

func (n *claimNode) child(part string) *claimNode {
	c := n.named[part]
	if c == nil {
		c = &claimNode{}
		if n.named == nil {
			n.named = map[string]*claimNode{}
		}
		n.named[part] = c
		n.below = append(n.below, c)
	}
	return c
}

// each visits the claims of a node and of all below it.
func (n *claimNode) each(visit func(*claim)) {
	for _, c := range n.here {
		visit(c)
	}
	for _, below := range n.below {
		below.each(visit)
	}
}

// overlap reports whether two claims could match a common file. A path that may be a folder stands for
// everything below it, too.
func overlap(a, b *claim) bool {
	return a.holds(b) || b.holds(a) || partsOverlap(a.parts, b.parts, mayBeFolder(a), mayBeFolder(b))
}

// holds reports whether a claim without a glob is a folder above another, whatever its name looks like.
func (c *claim) holds(other *claim) bool {
	return c.plain == len(c.parts) && other.plain >= c.plain && slices.Equal(c.parts, other.parts[:c.plain])
}

// mayBeFolder reports whether the name of a claim could be that of a folder: it ends in a slash, or its
// last part has no extension that begins with a letter (src and v1.2 have none, main.go has).
func mayBeFolder(c *claim) bool {
	if strings.HasSuffix(c.pattern, "/") {
		return true
	}
	extension := strings.TrimPrefix(path.Ext(strings.TrimLeft(c.parts[len(c.parts)-1], ".")), ".")
	if extension == "" || strings.ContainsAny(extension, globChars) {
		return true
	}
	first := extension[0] | 0x20
	return first < 'a' || first > 'z'
}

// partsOverlap reports whether two lists of parts could match a common path. ** stands for any number of
// parts.
func partsOverlap(a, b []string, aFolder, bFolder bool) bool {
	// Row by row, as in partOverlap: could what is left of a, from i, and of b, from j, match a common path?
	row := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		diagonal := false // the state (i+1, j+1)
		for j := len(b); j >= 0; j-- {
			below := row[j] && i < len(a) // the state (i+1, j)
			right := j < len(b) && row[j+1]
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i == len(a):
				row[j] = aFolder || b[j] == "**" && right
			case j == len(b):
				row[j] = bFolder || a[i] == "**" && below
			case a[i] == "**" || b[j] == "**":
				row[j] = below || right
			default:
				row[j] = diagonal && partOverlap(a[i], b[j])
			}
			diagonal = below
		}
	}
	return row[0]
}

// partOverlap reports whether two parts, each a name or a glob of *, ? and [..], could match a common
// name. From a bracket on anything is taken to match.
func partOverlap(one, other string) bool {
	if one == other {
		return true
	}
	if !strings.ContainsAny(one, globChars) && !strings.ContainsAny(other, globChars) {
		return false
	}
	if len(one) > maxPartBytes || len(other) > maxPartBytes {
		return true // no file has such a name; in doubt they overlap
	}
	a, b := []rune(widen(one)), []rune(widen(other))
	// Row by row: could what is left of a, from i, and of b, from j, match a common name?
	row := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		diagonal := false // the state (i+1, j+1)
		for j := len(b); j >= 0; j-- {
			below := row[j] && i < len(a) // the state (i+1, j)
			right := j < len(b) && row[j+1]
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i] == '*':
				row[j] = below || right
			case j < len(b) && b[j] == '*':
				row[j] = right || below
			case i == len(a) || j == len(b):
				row[j] = false
			default:
				row[j] = diagonal && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			}
			diagonal = below
		}
	}
	return row[0]
}

// maxPartBytes is how long a name can be on the file systems there are.
const maxPartBytes = 255

// widen replaces what stands from the first bracket on by a *.
func widen(part string) string {
	if i := strings.IndexByte(part, '['); i >= 0 {
		return part[:i] + "*"
	}
	return part
}
