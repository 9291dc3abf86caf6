package agents

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNoSecretIsLeftInMaskedText(t *testing.T) {
	m := NewMask([]string{"ab", "abc", ""})
	assert.Equal(t, "x***d***b", m.Text("xabcdabb"))
	assert.Equal(t, "abc", NewMask(nil).Text("abc"))
	assert.Equal(t, "abc", Mask{}.Text("abc"))
}

func TestMaskingAStreamIsMaskingItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOf(rapid.SampledFrom([]rune("abc")))
		secrets := rapid.SliceOfN(letters, 0, 3).Draw(t, "secrets")
		text := letters.Draw(t, "text")
		m := NewMask(secrets)
		for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.HalfReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			var got bytes.Buffer
			require.NoError(t, m.Copy(&got, src))
			require.Equal(t, m.Text(text), got.String())
		}
	})
}

func TestTextBeforeAReadErrorIsKept(t *testing.T) {
	var got bytes.Buffer
	err := NewMask([]string{"secret"}).Copy(&got, io.MultiReader(strings.NewReader("a secret b sec"), iotest.ErrReader(io.ErrClosedPipe)))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.Equal(t, "a *** b sec", got.String())
}
