package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// sameTrees holds the fast reader to what the walk over goccy's tree says, wherever it says anything. It
// reports whether it did.
func sameTrees(t require.TestingT, src []byte) bool {
	root, documents, problems, err := plan.Produce(src, true)
	if err != nil {
		return false
	}
	slow, slowDocuments, slowProblems, err := plan.Produce(src, false)
	require.NoError(t, err, "%q", src)
	require.Equal(t, slowDocuments, documents)
	require.Equal(t, slowProblems, problems)
	require.Equal(t, slow, root)
	return true
}

func TestFastReaderAgreesWithGoccyOnRealPlans(t *testing.T) {
	fast, valid := 0, 0
	for _, file := range corpusFiles(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		if _, _, _, err := plan.Produce(data, false); err == nil {
			valid++
			_, _, _, err := plan.Produce(data, true)
			if !errors.Is(err, plan.ErrUnusual) {
				assert.NoError(t, err, filepath.Base(file))
			}
		}
		if sameTrees(t, data) {
			fast++
		}
	}
	assert.GreaterOrEqual(t, fast, valid*9/10, "nearly all real plans take the fast way")
}

func TestFastReaderKnowsTheEndOfADocument(t *testing.T) {
	for _, text := range []string{"a: b\n...\n", "a:\n- b\n...", "a: |\n  b\n... # c\n\n# d\n", "a: 'b'\n...\n   \n", "- a\n-\n...\n", "a: b\n  c\n... \n"} {
		assert.True(t, sameTrees(t, []byte(text)), "%q", text)
	}
	for _, text := range []string{"...\na: b\n", "a: b\n...\nc: d\n", "a: b\n...\n---\n", "a: b\n...\n...\n"} {
		_, _, _, err := plan.Produce([]byte(text), true)
		assert.ErrorIs(t, err, plan.ErrUnusual, "%q", text)
	}
}

func TestFastReaderAgreesWithGoccyOnDrawnPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, _ := drawPlan(t)
		sameTrees(t, src)
	})
}

func FuzzFastReader(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		root, _, _, err := plan.Produce(src, true)
		if err != nil {
			return
		}
		slow, _, _, err := plan.Produce(src, false)
		if err == nil && assert.ObjectsAreEqual(slow, root) {
			return
		}
		// goccy refuses some good YAML and misreads some (`...!: x`); then the oracle has to say the same as
		// the fast reader.
		want, err := oracle(src)
		require.NoError(t, err)
		require.Equal(t, want, ofValue(root))
	})
}

// seeds are small documents with something of everything.
func seeds() []string {
	return []string{
		"", "a: b\n", "tasks:\n- id: a\n  status: pending # c\n", "a:\n  - 'b''c'\n  - \"d\\n\"\n  - |+\n    e\n\n  - >-\n    f\n    g\n",
		"a: {b: c, \"d\":e, f: [g, h]}\n", "a<<: b\n", "a: &x b\nc: *x\n<<: {d: e}\n", "\ufeffa: b\r\nc:\r\n  d\r\n", "? a\n: b\n",
		"--- # c\na: b\n...\n---\nc\n", "%YAML 1.2\n---\n- - a\n  - b\n-\n- c:\n", "a: b: c\n", "a: `b`\n", "a:\n\tb\n",
		"a: \"b\n  c\\\n  d\"\ne: 'f\n\n  g'\nh: i\n  j\n", "a: !!str 1\nb: ~\nc: null\n", "- {a, b: , : c}\n", "a: [b: c, d]\n", "a: b\n... # c\n",
	}
}
