package intake

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFilesAreFoundAmongWords(t *testing.T) {
	assert.Equal(t, []string{"a/b.go", "README.md", "Makefile", "./x.ts", ".env"},
		mentioned("see `a/b.go:12`, (README.md) and Makefile; ./x.ts. e.g. https://x.y/z.md v1.2 .env a/b.go"))
}
