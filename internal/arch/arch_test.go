package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rowOf finds the row of a package.
func rowOf(dir string) (row, bool) {
	for _, r := range layers {
		if fits(r.pkg, dir) {
			return r, true
		}
	}
	return row{}, false
}

func TestEveryPackageHasItsPlace(t *testing.T) {
	for dir, p := range packages(t) {
		_, ok := rowOf(dir)
		assert.True(t, ok, "%s is in no row of layers (internal/arch/rules_test.go): say there what it may import", dir)
		for _, word := range []string{path.Base(dir), p.name} {
			assert.NotContains(t, drawers, word, "%s: a package is named by what it holds", dir)
		}
	}
}

func TestPackagesImportOnlyWhatTheirLayerMay(t *testing.T) {
	for dir, p := range packages(t) {
		r, _ := rowOf(dir)
		for file, tree := range p.files {
			for name, spec := range imports(tree) {
				at := p.at(file, spec)
				if of, ok := strings.CutPrefix(name, module+"/"); ok {
					assert.True(t, anyFits(r.may, of), "%s: %s may not import %s", at, dir, of)
					continue
				}
				for _, banned := range r.never {
					assert.False(t, within(name, banned), "%s: %s may not import %s: %s", at, dir, name, r.why)
				}
				if r.pure && strings.Contains(strings.Split(name, "/")[0], ".") {
					ours := slices.ContainsFunc(r.outside, func(m string) bool { return within(name, m) })
					assert.True(t, ours, "%s: %s is pure and may not import %s", at, dir, name)
				}
				for _, rule := range only {
					if within(name, rule.imports) && !anyFits(rule.by, dir) {
						t.Errorf("%s: %s may not import %s: %s", at, dir, name, rule.why)
					}
				}
			}
		}
	}
}

func TestPurePackagesReadNoClock(t *testing.T) {
	for dir, p := range packages(t) {
		if r, _ := rowOf(dir); !r.pure {
			continue
		}
		for file, tree := range p.files {
			uses(tree, "time", func(sel *ast.SelectorExpr, name string) {
				assert.NotContains(t, clock, name, "%s: %s is pure: the time is given to it", p.at(file, sel), dir)
			})
		}
	}
}

func TestNothingIsWiredBehindTheScenes(t *testing.T) {
	for _, p := range packages(t) {
		for file, tree := range p.files {
			for _, decl := range tree.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						t.Errorf("%s: no init functions: what has to happen is called where it can be seen", p.at(file, d))
					}
				case *ast.GenDecl:
					registries(t, p, file, d)
				}
			}
			for name, spec := range imports(tree) {
				if spec.Name != nil && spec.Name.Name == "_" {
					assert.Contains(t, blank, name, "%s: an import that works by being imported hides the wiring", p.at(file, spec))
				}
			}
			uses(tree, "context", func(sel *ast.SelectorExpr, name string) {
				assert.NotEqual(t, "WithValue", name, "%s: a context is no bag for options", p.at(file, sel))
			})
		}
	}
}

// registries finds variables of a package that are made to be changed: maps, channels and locks.
func registries(t *testing.T, p *pkg, file string, d *ast.GenDecl) {
	if d.Tok != token.VAR {
		return
	}
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		if slices.Contains(kept, p.dir+"."+v.Names[0].Name) {
			continue
		}
		for _, of := range append([]ast.Expr{v.Type}, v.Values...) {
			switch x := of.(type) {
			case *ast.CompositeLit:
				of = x.Type
			case *ast.CallExpr:
				if fun, ok := x.Fun.(*ast.Ident); ok && fun.Name == "make" && len(x.Args) > 0 {
					of = x.Args[0]
				}
			}
			mutable := ""
			switch x := of.(type) {
			case *ast.MapType:
				mutable = "a map"
			case *ast.ChanType:
				mutable = "a channel"
			case *ast.SelectorExpr:
				if pkg, ok := x.X.(*ast.Ident); ok && (pkg.Name == "sync" || pkg.Name == "atomic") {
					mutable = pkg.Name + "." + x.Sel.Name
				}
			}
			assert.Empty(t, mutable, "%s: no state of a package's own; make it a function, or a field of what needs it", p.at(file, v))
		}
	}
}

// A sleep in a test is a guess at how long something takes. In a bubble of testing/synctest it is no guess:
// time there moves when all have come to rest.
func TestTestsDoNotSleep(t *testing.T) {
	for _, p := range packages(t) {
		for file, tree := range p.tests {
			bubbles := bubbles(tree)
			uses(tree, "time", func(sel *ast.SelectorExpr, name string) {
				inside := slices.ContainsFunc(bubbles, func(b ast.Node) bool { return b.Pos() <= sel.Pos() && sel.End() <= b.End() })
				if name == "Sleep" && !inside {
					t.Errorf("%s: wait for what is to happen, or use a bubble of testing/synctest", p.at(file, sel))
				}
			})
			for name, spec := range imports(tree) {
				assert.False(t, name == "github.com/stretchr/testify/mock", "%s: fakes, no mocks", p.at(file, spec))
			}
		}
	}
}

// bubbles are the functions that work in a bubble: those given to synctest.Test, and those of the file that
// call synctest.Wait.
func bubbles(f *ast.File) []ast.Node {
	var out []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && isCall(call, "synctest", "Test") {
			out = append(out, call)
		}
		return true
	})
	for _, decl := range f.Decls {
		ast.Inspect(decl, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isCall(call, "synctest", "Wait") {
				out = append(out, decl)
			}
			return true
		})
	}
	return out
}

func isCall(call *ast.CallExpr, pkg, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for dir, p := range packages(t) {
		if len(p.files) == 0 {
			continue
		}
		var docs []string
		for _, file := range slices.Sorted(maps.Keys(p.files)) {
			if doc := p.files[file].Doc; doc != nil {
				docs = append(docs, doc.Text())
			}
		}
		if assert.Len(t, docs, 1, "%s: one package comment, in one file", dir) {
			want := "Package " + p.name + " "
			if p.name == "main" {
				// A program's begins with its name.
				want = strings.ToUpper(path.Base(dir)[:1]) + path.Base(dir)[1:] + " "
			}
			assert.True(t, strings.HasPrefix(docs[0], want), "%s: the package comment begins with %q", dir, want)
		}
	}
}

// The rules would keep quiet about everything if their patterns fitted nothing.
func TestPatternsFitAsTheySay(t *testing.T) {
	for _, c := range []struct {
		pattern, dir string
		want         bool
	}{
		{"engine", "engine", true},
		{"engine", "engine/local", false},
		{"agents/*", "agents/cli", true},
		{"agents/*", "agents", false},
		{"agents/*", "agents/cli/x", false},
		{"cmd/billow/...", "cmd/billow", true},
		{"cmd/billow/...", "cmd/billow/command", true},
		{"cmd/billow/...", "cmd/billows", false},
	} {
		assert.Equal(t, c.want, fits(c.pattern, c.dir), "%s %s", c.pattern, c.dir)
	}
	assert.True(t, within("math/rand/v2", "math/rand"))
	assert.False(t, within("os", "o"))
	r, ok := rowOf("internal/store/mem")
	require.True(t, ok)
	assert.Equal(t, "internal/store/*", r.pkg)
}
