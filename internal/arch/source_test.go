package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the module's path, with which all its import paths begin.
const module = "billow"

// pkg is one package of the module as its files have it, whatever system they are for.
type pkg struct {
	// dir is its folder, relative to the module, with slashes.
	dir  string
	name string
	fset *token.FileSet
	// files and tests are by name, relative to the module.
	files, tests map[string]*ast.File
}

// packages reads all packages of the module.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "go.mod"))
	out := map[string]*pkg{}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || isModule(file)):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(entry.Name(), ".go"):
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		dir := path.Dir(relative)
		p := out[dir]
		if p == nil {
			p = &pkg{dir: dir, fset: token.NewFileSet(), files: map[string]*ast.File{}, tests: map[string]*ast.File{}}
			out[dir] = p
		}
		tree, err := parser.ParseFile(p.fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if strings.HasSuffix(relative, "_test.go") {
			p.tests[relative] = tree
		} else {
			p.files[relative] = tree
			p.name = tree.Name.Name
		}
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, out, "engine", "the packages were looked for in the wrong place")
	return out
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// imports are the paths that a file imports, with their places.
func imports(f *ast.File) map[string]*ast.ImportSpec {
	out := map[string]*ast.ImportSpec{}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			out[name] = spec
		}
	}
	return out
}

// at is a place for a message: file and line.
func (p *pkg) at(file string, node ast.Node) string {
	return file + ":" + strconv.Itoa(p.fset.Position(node.Pos()).Line)
}

// fits reports whether a folder is what a pattern stands for.
func fits(pattern, dir string) bool {
	if folder, ok := strings.CutSuffix(pattern, "/..."); ok {
		return dir == folder || strings.HasPrefix(dir, folder+"/")
	}
	if folder, ok := strings.CutSuffix(pattern, "/*"); ok {
		return path.Dir(dir) == folder
	}
	return dir == pattern
}

func anyFits(patterns []string, dir string) bool {
	for _, p := range patterns {
		if fits(p, dir) {
			return true
		}
	}
	return false
}

// within reports whether an import path is a package or below it.
func within(importPath, root string) bool {
	return importPath == root || strings.HasPrefix(importPath, root+"/")
}

// uses calls found for every use of a package's name: `time.Now` with name "Now".
func uses(f *ast.File, importPath string, found func(sel *ast.SelectorExpr, name string)) {
	spec, ok := imports(f)[importPath]
	if !ok {
		return
	}
	local := path.Base(importPath)
	if spec.Name != nil {
		local = spec.Name.Name
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				found(sel, sel.Sel.Name)
			}
		}
		return true
	})
}
