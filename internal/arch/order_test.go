package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Go gives the keys of a map in another order each time. In the engine that would make one history give two
// futures, so its types are looked at: what is ranged over must not be a map, nor the keys or values of one.
func TestTheEngineRangesOverNoMap(t *testing.T) {
	p := packages(t)["engine"]
	info := check(t, p)
	for _, file := range slices.Sorted(maps.Keys(p.files)) {
		for _, found := range mapOrder(p.files[file], info) {
			t.Errorf("%s: the order of a map is random; walk a slice, or slices.Sorted(maps.Keys(m))", p.at(file, found))
		}
	}
}

// mapOrder finds where the random order of a map would get into a program.
func mapOrder(f *ast.File, info *types.Info) []ast.Node {
	var out []ast.Node
	sorted := map[ast.Node]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if of := info.TypeOf(n.X); of != nil {
				if _, ok := of.Underlying().(*types.Map); ok {
					out = append(out, n)
				}
			}
		case *ast.CallExpr:
			switch called(n, info) {
			case "slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc":
				sorted[ast.Unparen(n.Args[0])] = true
			case "maps.Keys", "maps.Values", "maps.All":
				if !sorted[n] {
					out = append(out, n)
				}
			}
		}
		return true
	})
	return out
}

// called names the function of a package that is called, "" for anything else.
func called(call *ast.CallExpr, info *types.Info) string {
	fun := ast.Unparen(call.Fun)
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	f, ok := info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path() + "." + f.Name()
}

// check finds the types of a package. What it imports is read as the compiler left it in the build cache.
func check(t *testing.T, p *pkg) *types.Info {
	t.Helper()
	compiled := compile(t, filepath.Join("..", ".."), "./"+p.dir)
	return checkFiles(t, p.fset, p.dir, slices.Collect(maps.Values(p.files)), compiled)
}

// compile gives the files of compiled packages, of one and all that it imports, by import path.
func compile(t *testing.T, dir, of string) map[string]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}", of)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	list, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	compiled := map[string]string{}
	for line := range strings.Lines(string(list)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		compiled[name] = file
	}
	return compiled
}

func checkFiles(t *testing.T, fset *token.FileSet, name string, files []*ast.File, compiled map[string]string) *types.Info {
	t.Helper()
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := compiled[path]
		if !ok {
			return nil, fmt.Errorf("%s is not compiled", path)
		}
		return os.Open(file)
	})}
	_, err := conf.Check(name, fset, files, info)
	require.NoError(t, err)
	return info
}

func TestTheOrderOfAMapIsSeenWhereverItShows(t *testing.T) {
	const src = `package x
import ("maps"; "slices")
type set map[string]bool
func f(m set, n map[int]int, s []int) {
	for range m {}                                 // 5
	for k := range n { _ = k }                     // 6
	for range s {}
	for range maps.Keys(n) {}                      // 8
	_ = slices.Collect(maps.Values(n))             // 9
	_ = slices.Sorted(maps.Keys(n))
	_ = maps.Clone(n)
	for _, k := range slices.Sorted(maps.Keys(m)) { _ = k }
}`
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.go"), []byte(src), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n\ngo 1.26\n"), 0o644))
	compiled := compile(t, dir, ".")
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "x.go", src, 0)
	require.NoError(t, err)
	info := checkFiles(t, fset, "x", []*ast.File{tree}, compiled)
	var lines []int
	for _, n := range mapOrder(tree, info) {
		lines = append(lines, fset.Position(n.Pos()).Line)
	}
	assert.Equal(t, []int{5, 6, 8, 9}, lines)
}
