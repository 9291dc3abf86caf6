package control

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"billow/internal/planfile"
	"billow/plan"
	"billow/schemas"
)

//go:embed templates/*.yaml
var templates embed.FS

// Template is a plan to begin with.
type Template struct {
	Name string `json:"name"`
	// What says in a line what it is for.
	What string `json:"what"`

	// objective stands in the plan where nobody gave one; agents is true for plans that need somebody to reach.
	objective string
	agents    bool
}

// Templates are all of them, the simplest first.
func Templates() []Template {
	return []Template{
		{Name: "shell", What: "commands with dependencies, acceptance commands, a retry and a task that always cleans up",
			objective: "It is built and tested"},
		{Name: "agents", What: "a team of agents in waves: research, implementation beside documentation, review",
			objective: "What is true when the work is done, in a sentence", agents: true},
		{Name: "ci", What: "a pipeline: values passed on, a build for each system, an approval before publishing",
			objective: "Every change is checked, tested and built"},
	}
}

// NewRequest asks for a new plan file.
type NewRequest struct {
	// Name is a file (it ends in .yaml or .yml), a folder that gets a plan.yaml (`.`, or with a slash in it), or
	// the name of a plan, which goes to docs/plan/YYYYMMDD-NAME/plan.yaml under the project's root. "" makes a name
	// of the objective, else of the template.
	Name string
	// Template is one of Templates; "" is the first.
	Template string
	// Objective is what the plan is for; "" leaves the template's.
	Objective string
}

// NewResponse is what was made.
type NewResponse struct {
	// Path is the plan as a person would name it, ID its plan_id.
	Path string `json:"path"`
	ID   string `json:"plan_id"`
	// Template is the one it was made from.
	Template string `json:"template"`
	// Also are other files that were written: the schema for editors, and a billow.yaml where the project had none
	// and the plan is for agents, or nothing else says where the project's root is.
	Also []string `json:"also"`
	// Problems are what billow check says of it, such as an agent that the project cannot reach.
	Problems []plan.Problem `json:"problems"`
	// Next are commands to type next.
	Next []string `json:"next"`
}

// New makes a plan file from a template. It never writes over a plan that is there.
func (s *Service) New(r NewRequest) (*NewResponse, error) {
	t, err := template(r.Template)
	if err != nil {
		return nil, err
	}
	path, name := s.placeOf(r, t)
	resp := &NewResponse{ID: s.planID(name), Template: t.Name, Also: []string{}, Problems: []plan.Problem{}}
	root := planfile.Root(s.Dir)
	if path == "" {
		path = filepath.Join(root, "docs", "plan", resp.ID, "plan.yaml")
	} else {
		root = planfile.Root(filepath.Dir(path))
	}
	resp.Path = s.relative(path)
	if r.Objective = strings.TrimSpace(r.Objective); r.Objective == "" {
		r.Objective = t.objective
	}
	schema := filepath.Join(root, ".billow", "plan.schema.json")
	text, err := s.fill(t, resp.ID, r.Objective, path, schema)
	if err != nil {
		return nil, err
	}
	if err := create(path, text); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%w: %s is there already, and nothing was written; name another", ErrUsage, resp.Path)
		}
		return nil, err
	}
	if err := s.besides(t, path, root, schema, resp); err != nil {
		return nil, err
	}
	o, err := s.Open(path)
	if err != nil {
		return nil, err
	}
	for _, p := range o.Problems {
		p.File = resp.Path
		resp.Problems = append(resp.Problems, p)
	}
	word := ShellWord(resp.Path)
	resp.Next = []string{"billow check " + word, "billow graph " + word, "billow run " + word}
	return resp, nil
}

func template(name string) (Template, error) {
	var names []string
	for i, t := range Templates() {
		if t.Name == name || name == "" && i == 0 {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Template{}, fmt.Errorf("%w: there is no template %q; there are %s", ErrUsage, name, strings.Join(names, ", "))
}

// placeOf is the file that is meant, "" where only a name is given, and the name of the plan in it.
func (s *Service) placeOf(r NewRequest, t Template) (path, name string) {
	ext := filepath.Ext(r.Name)
	isFile := ext == ".yaml" || ext == ".yml"
	if !isFile && !strings.ContainsRune(filepath.ToSlash(r.Name), '/') && r.Name != "." && r.Name != ".." {
		for _, name := range []string{r.Name, firstWords(r.Objective), t.Name} {
			if kebab(name) != "" {
				return "", name
			}
		}
	}
	path = r.Name
	if !isFile {
		path = filepath.Join(path, "plan.yaml")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if name == "plan" {
		name = filepath.Base(filepath.Dir(path))
	}
	return path, name
}

// planID is YYYYMMDD-kebab-case, which is what plans are called by convention; a name that begins with a date
// keeps it.
func (s *Service) planID(name string) string {
	id := kebab(name)
	if id == "" {
		id = "plan"
	}
	if regexp.MustCompile(`^\d{8}-.`).MatchString(id) {
		return id
	}
	return s.Now().Format("20060102") + "-" + id
}

// kebab spells a text as an id: letters and digits, with hyphens between.
func kebab(text string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// firstWords are enough of a text for a name.
func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 5)], " ")
}

// fill makes the text of a plan.
func (s *Service) fill(t Template, id, objective, path, schema string) ([]byte, error) {
	body, err := templates.ReadFile("templates/" + t.Name + ".yaml")
	if err != nil {
		return nil, err
	}
	modeline, err := filepath.Rel(filepath.Dir(path), schema)
	if err != nil {
		return nil, err
	}
	var quoted strings.Builder // JSON's texts are YAML's in double quotes.
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(objective); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("{{plan_id}}", id, "{{objective}}", strings.TrimSpace(quoted.String()), "{{date}}", s.Now().Format("2006-01-02"))
	return []byte("# yaml-language-server: $schema=" + filepath.ToSlash(modeline) + "\n" + fill.Replace(string(body))), nil
}

// besides writes what a new plan is of use with: the schema that its first line names, and a billow.yaml where
// the project has none, if it is needed to reach agents or to say where the project's root is.
func (s *Service) besides(t Template, path, root, schema string, resp *NewResponse) error {
	text, _ := schemas.Get("plan")
	if err := writeFile(schema, text); err != nil {
		return err
	}
	resp.Also = append(resp.Also, s.relative(schema))
	// As the store has it: what billow keeps for itself is nobody's to commit.
	if err := create(filepath.Join(root, ".billow", ".gitignore"), []byte("*\n")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	settings := "# This folder is the project's root, where tasks run; `billow config` lists what can be set.\n"
	switch {
	case t.agents:
		settings += "agents: # how they are reached; `billow doctor` says which this machine has\n  gem-*: claude\n"
	case planfile.Root(filepath.Dir(path)) == root:
		return nil
	}
	config := filepath.Join(root, "billow.yaml")
	switch err := create(config, []byte(settings)); {
	case err == nil:
		resp.Also = append(resp.Also, s.relative(config))
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	return nil
}

// create writes a file that is not there yet, with the folders it needs.
func create(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// relative is a path as seen from the working folder, where that is within it.
func (s *Service) relative(path string) string {
	if rel, err := filepath.Rel(s.Dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
