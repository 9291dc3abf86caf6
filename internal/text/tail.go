package text

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reportTail is how many lines of each log a report holds.
const reportTail = 100

// logTails is the end of everything an attempt printed, for a report: without colors and control characters,
// each output under its name where there are several.
func logTails(dir string) string {
	var b strings.Builder
	files := logFiles(dir)
	for _, path := range files {
		lines, more := lastLines(path, reportTail)
		if len(lines) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		if len(files) > 1 || more {
			b.WriteString(filepath.Base(path))
			if more {
				b.WriteString(", last " + strconv.Itoa(len(lines)) + " lines")
			}
			b.WriteString(":\n")
		}
		for _, line := range lines {
			if !utf8.Valid(line) {
				line = bytes.ToValidUTF8(line, []byte("\ufffd"))
			}
			b.Write(clean(line, false))
			b.WriteByte('\n')
		}
	}
	return b.String()
}
