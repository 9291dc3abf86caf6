package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"billow/internal/config"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// VersionResponse says which billow this is.
type VersionResponse struct {
	// Version is that of the release, "(devel)" for one that was built from a working tree.
	Version string `json:"version"`
	// Revision and Time are of the commit it was built from, Modified is true when files had been changed since;
	// empty where the build does not know.
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Version says which billow this is, as the build recorded it.
func Version() VersionResponse {
	v := VersionResponse{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(info.Main.Version, v.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// ConfigRequest asks for the settings.
type ConfigRequest struct {
	// Plan says which project is meant; "" is that of the working folder.
	Plan string
	// Keys narrows it to settings whose names begin like one of them; none is all.
	Keys []string
}

// ConfigResponse are the settings that hold in a project.
type ConfigResponse struct {
	// Root is the project root.
	Root   string    `json:"root"`
	Values []Setting `json:"values"`
	// Problems are what is wrong with what was configured.
	Problems []plan.Problem `json:"problems"`
}

// Setting is one setting with where it came from; see config.Value.
type Setting = config.Value

// Config lists the settings, each with its value and where it came from.
func (s *Service) Config(_ context.Context, r ConfigRequest) (*ConfigResponse, error) {
	o, err := s.project()
	if r.Plan != "" {
		o, err = s.find(r.Plan)
	}
	if err != nil {
		return nil, err
	}
	resp := &ConfigResponse{Root: o.Root, Values: []Setting{}, Problems: append([]plan.Problem{}, o.Config.Problems...)}
	for _, v := range o.Config.Values() {
		begins := func(key string) bool { return strings.HasPrefix(v.Key, key) }
		if len(r.Keys) == 0 || slices.ContainsFunc(r.Keys, begins) {
			resp.Values = append(resp.Values, v)
		}
	}
	if len(resp.Values) == 0 {
		return nil, fmt.Errorf("%w: there is no setting %s; billow config lists them", ErrUsage, list(r.Keys))
	}
	return resp, nil
}

// Tool is a program that billow may use, as it was found on this machine.
type Tool struct {
	// Name is the adapter that uses it, or the program's own name; Command what is started.
	Name    string `json:"name"`
	Command string `json:"command"`
	// Path is where it is, "" where it is not installed; Version the first line it says of itself.
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	// Trouble is why there is no version; Hint says how to get the program.
	Trouble string `json:"trouble,omitempty"`
	Hint    string `json:"hint,omitempty"`
	// Agent is true for the program of an adapter.
	Agent bool `json:"agent,omitempty"`
}

// DoctorResponse is what was looked at, and found.
type DoctorResponse struct {
	Version VersionResponse `json:"version"`
	Root    string          `json:"root"`
	Checks  []Finding       `json:"checks"`
	// Errors and Warnings count the findings that are not fine.
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
}

// Finding is one thing that was looked at.
type Finding struct {
	Name string `json:"name"`
	// Status is ok, warning, error, or absent for what is not there and is not needed.
	Status string `json:"status"`
	Text   string `json:"text"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
}

// What a Finding may be.
const (
	FindingOK      = "ok"
	FindingWarning = "warning"
	FindingError   = "error"
	FindingAbsent  = "absent"
)

// Doctor looks whether plans can be run here: the machine, the project, the store, the programs of agents.
// It changes nothing but for a file that it makes and removes again.
func (s *Service) Doctor(ctx context.Context) (*DoctorResponse, error) {
	resp := &DoctorResponse{Version: Version(), Root: planfile.Root(s.Dir)}
	add := func(name, status, hint, format string, args ...any) {
		switch status {
		case FindingError:
			resp.Errors++
		case FindingWarning:
			resp.Warnings++
		}
		resp.Checks = append(resp.Checks, Finding{Name: name, Status: status, Text: fmt.Sprintf(format, args...), Hint: hint})
	}
	add("machine", FindingOK, "", "%s on %s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	s.examineFolder(resp.Root, add)
	s.examineStore(ctx, resp.Root, add)
	o, err := s.project()
	if err != nil {
		add("configuration", FindingError, "", "%v", err)
		return resp, nil
	}
	examineConfig(o.Config, add)
	s.examinePlan(add)
	for _, t := range s.Tools(ctx) {
		examineTool(t, o.Config, add)
	}
	return resp, nil
}

type addFinding func(name, status, hint, format string, args ...any)

// examineFolder writes a file as a run would, and compares its time with ours: where they differ, the folder
// is on another machine, and what looks new may be old.
func (s *Service) examineFolder(root string, add addFinding) {
	dir := root
	if state := filepath.Join(root, ".billow"); exists(state) {
		dir = state
	}
	f, err := os.CreateTemp(dir, ".billow-doctor-")
	if err != nil {
		add("folder", FindingError, "billow keeps what it knows of runs in .billow, and writes statuses into plans", "%s cannot be written: %v", dir, plainError(err))
		return
	}
	defer os.Remove(f.Name())
	defer f.Close()
	add("folder", FindingOK, "", "%s can be written", root)
	now := s.Now()
	info, err := f.Stat()
	if err != nil {
		return
	}
	const near = 5 * time.Second
	switch off := info.ModTime().Sub(now); {
	case off.Abs() > near:
		add("clock", FindingWarning, "set both clocks by the same server", "the clock of the folder's file system is %s off", off.Round(time.Second))
	default:
		add("clock", FindingOK, "", "%s, and the file system agrees", now.Format(time.RFC3339))
	}
}

// plainError is an operating system's error without the name of our temporary file.
func plainError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (s *Service) examineStore(ctx context.Context, root string, add addFinding) {
	log, err := s.log(root, false)
	if errors.Is(err, store.ErrNotFound) {
		add("store", FindingOK, "", "none yet; the first run makes it")
		return
	}
	if err != nil {
		add("store", FindingError, "", "%v", err)
		return
	}
	defer log.Close()
	runs, err := log.Runs(ctx, "", 0)
	if err != nil {
		add("store", FindingError, "", "%v", err)
		return
	}
	add("store", FindingOK, "", "readable, %d runs", len(runs))
}

func examineConfig(c *config.Config, add addFinding) {
	for _, p := range c.Problems {
		status := FindingWarning
		switch p.Severity {
		case plan.Error:
			status = FindingError
		case plan.Info:
			status = FindingOK
		}
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", p.File, p.Line)
		}
		add("configuration", status, p.Hint, "%s: %s", at, p.Text)
	}
	if len(c.Problems) == 0 {
		add("configuration", FindingOK, "", "no problems")
	}
}

// examinePlan looks at the plan that would be run without a name; that there is none is fine.
func (s *Service) examinePlan(add addFinding) {
	o, err := s.Open("")
	switch {
	case errors.Is(err, planfile.ErrNoPlan), errors.Is(err, planfile.ErrSeveral):
		add("plan", FindingAbsent, "", "%v", err)
	case err != nil:
		add("plan", FindingError, "", "%v", err)
	case len(plan.Errors(o.Problems)) > 0:
		add("plan", FindingWarning, "billow check "+ShellWord(o.Path), "%v", &ProblemsError{File: o.Path, Problems: o.Problems})
	default:
		text := fmt.Sprintf("%s, %d tasks", o.Path, len(o.Plan().Tasks))
		if s.isLive(o) {
			text += ", a driver runs it now"
		}
		add("plan", FindingOK, "", "%s", text)
	}
}

// examineTool says what is known of a program. One that is missing matters where the configuration uses it.
func examineTool(t Tool, c *config.Config, add addFinding) {
	used := ""
	if t.Agent {
		for _, v := range c.Values() {
			name, ok := strings.CutPrefix(v.Key, "agents.")
			if a, known := c.Agent(name); ok && known && a.Adapter == t.Name {
				used = name
				break
			}
		}
	}
	switch {
	case t.Path != "" && t.Trouble != "":
		add(t.Name, FindingWarning, "", "%s does not say its version: %s", t.Path, t.Trouble)
	case t.Path != "":
		add(t.Name, FindingOK, "", "%s (%s)", cmp.Or(t.Version, "installed"), t.Path)
	case used != "":
		add(t.Name, FindingError, t.Hint, "%s is not installed, and agent %s needs it", t.Command, used)
	default:
		add(t.Name, FindingAbsent, t.Hint, "%s is not installed", t.Command)
	}
}
