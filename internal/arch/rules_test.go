package arch

// row says what one package, or every package under a folder, may import of this module.
type row struct {
	// pkg is the package's folder. A name that ends in /* stands for all packages in that folder, one that ends
	// in /... for the folder and all below it; the first row that fits counts.
	pkg string
	// may are the folders of the packages it may import directly, with the same patterns.
	may []string
	// never are packages that it may not import, with what is below them; why says what they would break.
	never []string
	why   string
	// outside are the modules of others that it may import, for rows that are pure.
	pure    bool
	outside []string
}

// world is what a pure package must not touch: with it a run could not be replayed from its log.
var world = []string{"os", "net", "sync", "context", "log", "math/rand", "crypto/rand", "io/ioutil", "syscall", "unsafe",
	"runtime", "path/filepath", "plugin", "database", "testing"}

// layers is who may import whom.
var layers = []row{
	{pkg: "failure", pure: true, never: world, why: "a failure is data, judged without looking at the world"},
	{pkg: "plan", pure: true, may: []string{"failure"}, never: world, why: "a plan is text, read and checked without looking at the world",
		outside: []string{"github.com/goccy/go-yaml", "github.com/expr-lang/expr", "github.com/dominikbraun/graph"}},
	{pkg: "engine", pure: true, may: []string{"plan", "failure"}, never: world, why: "deciding is pure; doing is a driver's"},
	{pkg: "engine/local", may: []string{"engine", "plan", "failure", "agents", "internal/store", "internal/proc"}},
	{pkg: "engine/temporal/...", may: []string{"engine", "plan", "failure", "agents", "internal/store"}},
	{pkg: "engine/drivertest", may: []string{"engine", "plan", "failure", "agents", "internal/store"}},

	{pkg: "agents", may: []string{"plan", "failure"}},
	{pkg: "agents/*", may: []string{"agents", "plan", "failure", "internal/proc"}},

	{pkg: "internal/store", may: []string{"engine"}},
	{pkg: "internal/store/disk", may: []string{"internal/store"}},
	{pkg: "internal/store/journal", may: []string{"internal/store", "internal/store/disk", "engine"}},
	{pkg: "internal/store/sqlite", may: []string{"internal/store", "internal/store/disk", "internal/store/journal", "engine"}},
	{pkg: "internal/store/*", may: []string{"internal/store", "engine"}},
	{pkg: "internal/planfile", may: []string{"plan"}},
	{pkg: "internal/worktree", may: []string{"internal/proc"}},
	{pkg: "internal/proc", may: []string{"internal/proc/vfork"}},
	{pkg: "internal/proc/vfork"},
	{pkg: "internal/config", may: []string{"plan", "failure"}, never: []string{"os"}, why: "it is given the files"},
	{pkg: "internal/control", may: []string{"engine", "plan", "agents", "failure", "internal/config", "internal/store",
		"internal/worktree", "internal/planfile", "internal/importer", "internal/intake", "internal/review", "schemas"}},
	{pkg: "internal/text", may: faceMay},
	{pkg: "internal/mcp", may: faceMay},
	{pkg: "internal/hub", may: faceMay},
	{pkg: "internal/tui", may: faceMay},
	{pkg: "internal/web", may: faceMay},

	// Text that is made, for whoever hands it out.
	{pkg: "schemas"},
	{pkg: "internal/intake", pure: true, may: []string{"plan"}, never: world, why: "what an objective comes to is told from its words alone"},
	{pkg: "internal/importer", pure: true, may: []string{"plan", "failure"}, never: world, why: "an import is bytes in, text out"},

	{pkg: "internal/review", pure: true, may: []string{"engine", "failure"}, never: world, why: "the same history gives the same review"},

	{pkg: "internal/arch"},
	// The reference of the commands is made of the commands themselves.
	{pkg: "internal/gen/...", may: []string{"agents/...", "engine/...", "failure", "plan", "internal/...", "cmd/billow/command"}},
	// Whole programs side by side; it knows none of them from within.
	{pkg: "bench"},
	// Tests alone.
	{pkg: "docs"},
	{pkg: "examples"},
	{pkg: "cmd/billow/...", may: []string{"agents/...", "cmd/billow/...", "engine/...", "failure", "plan", "internal/..."}},
}

// faceMay is what a face of the verbs may import: it translates, it does not reach past them.
var faceMay = []string{"internal/control", "internal/review", "engine", "plan", "failure"}

// only says which packages may import something that one place is enough for.
var only = []struct {
	imports string
	by      []string
	why     string
}{
	{"os/exec", []string{"internal/proc", "internal/worktree", "bench"}, "child processes are internal/proc's, git is internal/worktree's; the benchmark stands outside"},
	{"database/sql", []string{"internal/store/*"}, "what runs leave behind is kept behind store.Log"},
	{"github.com/spf13/cobra", []string{"cmd/billow/...", "internal/gen/..."}, "verbs are in internal/control; a command translates"},
	{"log", nil, "errors are returned or shown, not logged"},
	{"github.com/stretchr/testify", []string{"internal/store/storetest", "engine/drivertest"}, "it is for tests"},
	{"testing", []string{"internal/store/storetest", "engine/drivertest"}, "it is for tests"},
	{"go.yaml.in/yaml/v3", nil, "it is the tests' second opinion on YAML"},
	{"github.com/santhosh-tekuri/jsonschema", nil, "it is the tests' opinion on the schemas; plans are read by plan.Read"},
}

// clock are the functions of package time that a pure package must not name: the time is given to it.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "LoadLocation"}

// drawers are names for packages that hold what nobody found a place for.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared", "base", "lib", "pkg", "src"}

// blank are the imports that work by being imported.
var blank = []string{"embed", "modernc.org/sqlite"}

// kept are the variables of packages that change and may, each with its reason.
var kept = []string{
	"internal/proc.clockTrust", // a fact about the machine, found out once
	"internal/proc.layouts",    // room that is used again; nothing is remembered in it
}
