package agents

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"billow/plan"
)

// EnvelopeFile is the name of the file that lies beside a plan and holds its context.
const EnvelopeFile = "context_envelope.json"

// MaxEnvelope is how large such a file may be, in bytes: 8 MiB. Real ones have 3 to 145 KB.
const MaxEnvelope = 8 << 20

// Envelope is the context of a plan: what the planner found out about the project, so that the agents of its
// tasks need not find it out again. Planners of the gem-team format wrote it as context_envelope.json beside
// plan.yaml between May and August 2026. It had four forms, which are read as one:
//
//   - the first (22 May): lists of texts, and do_not_re_read at the top;
//   - the full one (5 June), that of the gem-orchestrator document: objects in the lists;
//   - the same (12 June) without project_summary, evidence_map and plan_summary, and from 14 June with
//     reuse_notes as a list of files;
//   - the short one (21 June): meta, tech_stack, conventions, constraints, architecture_snapshot,
//     research_digest, prior_decisions and reuse_notes, with fewer keys in each.
//
// Fields without a remark are in the last three. Where an object stands in one form and a text in another,
// either is read. Nothing is lost: what a type has no field for, what has a shape of its own, and values that
// say nothing (null, "", 0, false, [], {}) are in its Other. MarshalJSON writes it back.
//
// ReadEnvelope makes one of a file; whoever writes one fills the fields in.
type Envelope struct {
	Meta EnvelopeMeta `json:"meta"`
	// Scope is not in the short form.
	Scope       EnvelopeScope `json:"scope"`
	TechStack   []Tech        `json:"tech_stack"`
	Conventions []string      `json:"conventions"`
	Constraints Constraints   `json:"constraints"`
	// Architecture and Research are in all forms.
	Architecture   ArchitectureSnapshot `json:"architecture_snapshot"`
	Research       ResearchDigest       `json:"research_digest"`
	PriorDecisions []PriorDecision      `json:"prior_decisions"`
	// EvidenceMap and PlanSummary are in the full form alone.
	EvidenceMap []Evidence `json:"evidence_map"`
	ReuseNotes  ReuseNotes `json:"reuse_notes"`
	// DoNotReRead is in the first form; later it is part of ReuseNotes.
	DoNotReRead []string    `json:"do_not_re_read"`
	PlanSummary PlanSummary `json:"plan_summary"`
	// Other are the remaining sections, such as project_summary or known_issues.
	Other []plan.Field `json:"-"`

	// Bare is true where the sections are not within a context_envelope key; Beside are the keys beside that
	// key.
	Bare   bool         `json:"-"`
	Beside []plan.Field `json:"-"`
}

// EnvelopeMeta says what the envelope belongs to and how old it is.
type EnvelopeMeta struct {
	PlanID string `json:"plan_id"`
	// CreatedAt and LastUpdated are times as they were written, mostly RFC 3339.
	CreatedAt   string `json:"created_at"`
	LastUpdated string `json:"last_updated"`
	// Version counts the planner's updates, from 1; ChangedFields are the sections that the last one changed.
	Version       int      `json:"version"`
	ChangedFields []string `json:"previous_version_fields_changed"`
	// Source is where the planner looked: files, with lines or without, and words.
	Source []string     `json:"source"`
	Other  []plan.Field `json:"-"`
}

// EnvelopeScope says what the envelope is good for.
type EnvelopeScope struct {
	Purpose   []string     `json:"purpose"`
	AppliesTo []string     `json:"applies_to"`
	NonGoals  []string     `json:"non_goals"`
	Other     []plan.Field `json:"-"`
}

// Tech is something that the project is made with; in the first form its name alone.
type Tech struct {
	Name         string       `json:"name"`
	Version      string       `json:"version"`
	UsageContext string       `json:"usage_context"`
	ConfigFiles  []string     `json:"config_files"`
	Other        []plan.Field `json:"-"`
}

// Constraints are what the work must keep to. SecurityRequirements came last, on 5 June.
type Constraints struct {
	Hard                 []string     `json:"hard"`
	Soft                 []string     `json:"soft"`
	Compatibility        []string     `json:"compatibility"`
	SecurityRequirements []string     `json:"security_requirements"`
	Other                []plan.Field `json:"-"`
}

// ArchitectureSnapshot is how the project is built.
type ArchitectureSnapshot struct {
	// KeyDirs is an object of folders and what they are for; in the short form a list of folders.
	KeyDirs       []KeyDir       `json:"key_dirs" shape:"keyed"`
	Patterns      []string       `json:"patterns"`
	KeyComponents []KeyComponent `json:"key_components"`
	Other         []plan.Field   `json:"-"`
}

// KeyDir is a folder and what it is for.
type KeyDir struct {
	Path    string
	Purpose []string
}

// KeyComponent is a part of the project that matters to the plan. Confidence is 0 to 1.
type KeyComponent struct {
	Name           string       `json:"name"`
	Location       string       `json:"location"`
	Responsibility []string     `json:"responsibility"`
	Confidence     float64      `json:"confidence"`
	Other          []plan.Field `json:"-"`
}

// ResearchDigest is what was found out for this plan. Dependencies, DomainContext and OpenQuestions are not in
// the short form.
type ResearchDigest struct {
	RelevantFiles []RelevantFile       `json:"relevant_files"`
	PatternsFound []FoundPattern       `json:"patterns_found"`
	Dependencies  EnvelopeDependencies `json:"dependencies"`
	Gotchas       []Gotcha             `json:"gotchas"`
	DomainContext DomainContext        `json:"domain_context"`
	OpenQuestions []OpenQuestion       `json:"open_questions"`
	Other         []plan.Field         `json:"-"`
}

// RelevantFile is a file that somebody who does the work has to know. Only Path and Purpose are in all forms;
// the short one has Confidence besides.
type RelevantFile struct {
	Path        string       `json:"path"`
	Purpose     []string     `json:"purpose"`
	WhyRelevant []string     `json:"why_relevant"`
	KeyElements []KeyElement `json:"key_elements"`
	// SecuritySensitivity is none, internal, confidential or secret.
	SecuritySensitivity string `json:"security_sensitivity"`
	// ContainsSecrets is the planner's word that secrets stand in the file itself.
	ContainsSecrets bool `json:"contains_secrets"`
	// Reliability is codebase, docs or assumption; Confidence is 0 to 1.
	Reliability string       `json:"reliability"`
	Confidence  float64      `json:"confidence"`
	Other       []plan.Field `json:"-"`
}

// KeyElement is a place in a file. Type is function, class, variable or pattern, and in real files other words.
type KeyElement struct {
	Element     string       `json:"element"`
	Type        string       `json:"type"`
	Location    string       `json:"location"`
	Description string       `json:"description"`
	Other       []plan.Field `json:"-"`
}

// FoundPattern is a way of doing things that the project has; in the first form its name alone.
type FoundPattern struct {
	Name            string       `json:"name"`
	Category        string       `json:"category"`
	Confidence      float64      `json:"confidence"`
	Source          string       `json:"source"`
	ExampleLocation []string     `json:"example_location"`
	Other           []plan.Field `json:"-"`
}

// EnvelopeDependencies are the parts and packages that the work touches; no edges between tasks.
type EnvelopeDependencies struct {
	Internal []string     `json:"internal"`
	External []string     `json:"external"`
	Other    []plan.Field `json:"-"`
}

// Gotcha is something that is easily got wrong; in the first form its text alone.
type Gotcha struct {
	Text       string       `json:"text"`
	Confidence float64      `json:"confidence"`
	Other      []plan.Field `json:"-"`
}

// DomainContext is what holds for the whole project.
type DomainContext struct {
	SecurityConsiderations []SecurityConsideration `json:"security_considerations"`
	TestingPatterns        TestingPatterns         `json:"testing_patterns"`
	ErrorHandling          string                  `json:"error_handling"`
	DataFlow               string                  `json:"data_flow"`
	Other                  []plan.Field            `json:"-"`
}

// SecurityConsideration is a place where security has to be thought of.
type SecurityConsideration struct {
	Area     string       `json:"area"`
	Location string       `json:"location"`
	Concern  string       `json:"concern"`
	Other    []plan.Field `json:"-"`
}

// TestingPatterns is how the project is tested.
type TestingPatterns struct {
	Framework        string       `json:"framework"`
	CoverageAreas    []string     `json:"coverage_areas"`
	TestOrganization string       `json:"test_organization"`
	MockPatterns     []string     `json:"mock_patterns"`
	Other            []plan.Field `json:"-"`
}

// OpenQuestion is what the planner could not answer; in the first form its text alone. Type is
// decision_blocker, research or nice_to_know.
type OpenQuestion struct {
	Question string       `json:"question"`
	Context  string       `json:"context"`
	Type     string       `json:"type"`
	Affects  []string     `json:"affects"`
	Other    []plan.Field `json:"-"`
}

// PriorDecision is a decision that the plan stands on. The first form has Decision and Rationale alone.
type PriorDecision struct {
	Decision          string       `json:"decision"`
	Rationale         []string     `json:"rationale"`
	Evidence          []string     `json:"evidence"`
	Confidence        float64      `json:"confidence"`
	LinkedConstraints []string     `json:"linked_constraints"`
	LinkedPatterns    []string     `json:"linked_patterns"`
	Other             []plan.Field `json:"-"`
}

// Evidence is a claim and the files that bear it out.
type Evidence struct {
	Claim         string       `json:"claim"`
	EvidencePaths []string     `json:"evidence_paths"`
	Other         []plan.Field `json:"-"`
}

// ReuseNotes say what need not be looked at again. Files is what they became on 14 June, a list in place of the
// object.
type ReuseNotes struct {
	DoNotReRead     []string      `json:"do_not_re_read"`
	SafeToAssume    []string      `json:"safe_to_assume"`
	VerifyBeforeUse []string      `json:"verify_before_use"`
	Files           []TrustedFile `json:"files" shape:"list"`
	Other           []plan.Field  `json:"-"`
}

// TrustedFile is a file with how far what was read of it can be trusted: high or low.
type TrustedFile struct {
	Path  string       `json:"path"`
	Trust string       `json:"trust"`
	Other []plan.Field `json:"-"`
}

// PlanSummary is the plan in short. Complexity is simple, medium or complex; RiskLevel low, medium or high.
type PlanSummary struct {
	TLDR           string       `json:"tldr"`
	Complexity     string       `json:"complexity"`
	RiskLevel      string       `json:"risk_level"`
	KeyAssumptions []string     `json:"key_assumptions"`
	CriticalRisks  []string     `json:"critical_risks"`
	Other          []plan.Field `json:"-"`
}

// Section is a section by its name, such as tech_stack, as MarshalJSON writes it; nil where there is none. The
// context_snapshot_fields of a Role are such names. What the first form says in do_not_re_read is the reuse_notes
// where there are none.
func (e *Envelope) Section(name string) *plan.Value {
	if e == nil {
		return nil
	}
	if field, _, ok := fieldOf(reflect.ValueOf(e).Elem(), name); ok {
		if v := valueOf(field); v != nil {
			return v
		}
	}
	for _, f := range e.Other {
		if f.Key == name {
			return f.Value
		}
	}
	if name == "reuse_notes" {
		return valueOf(reflect.ValueOf(ReuseNotes{DoNotReRead: e.DoNotReRead}))
	}
	return nil
}

// MarshalJSON writes an envelope as planners do, within a context_envelope key unless it is Bare. Fields that
// say nothing are left out.
func (e Envelope) MarshalJSON() ([]byte, error) {
	v := shapeOf(&e)
	if !e.Bare {
		v = &plan.Value{Kind: plan.Map, Fields: append([]plan.Field{{Key: envelopeKey, Value: v}}, e.Beside...)}
	}
	return appendJSON(nil, v), nil
}

const envelopeKey = "context_envelope"

// EnvelopeUnread is the code of an envelope that cannot be read.
const EnvelopeUnread = "E001"

// The codes of other problems with envelopes. None is an error: a plan runs without its context too.
const (
	envelopeShape     = "E002"
	envelopeSlip      = "E003"
	envelopeTwice     = "E004"
	envelopeOfAnother = "E005"
)

// EnvelopeCode is one kind of problem with an envelope.
type EnvelopeCode struct {
	Code, Title, What string
}

// EnvelopeCodes are the kinds of problems that ReadEnvelope and Belongs find, by code.
func EnvelopeCodes() []EnvelopeCode {
	return []EnvelopeCode{
		{EnvelopeUnread, "a context envelope that cannot be read", "The file beside the plan is no JSON object, or only its first object is one. Comments, trailing commas and single quotes are no trouble. What cannot be read is given to no agent."},
		{envelopeShape, "a part of the context envelope in a shape of its own", "No version of the format has such a value under this key. Agents are given it as it stands."},
		{envelopeSlip, "a key of the context envelope that may be a slip", "The key is nearly one that the format has. It is kept, but what looks for the right one does not find it."},
		{envelopeTwice, "a key twice in an object of the context envelope", "The later value counts, as other readers of JSON have it."},
		{envelopeOfAnother, "the context envelope of another plan", "Its `meta.plan_id` is not the id of the plan it lies beside. It may have been copied, and be about other work."},
	}
}

// ReadEnvelope reads a context envelope; name stands in what is said of it. It is as lenient as ParseReport:
// comments, trailing and missing commas and single quotes are understood, and so is a fence around the object.
// The Envelope is nil where there is nothing to read, which the problems then say; no problem is an error.
func ReadEnvelope(name string, src []byte) (*Envelope, []plan.Problem) {
	r := envelopeReader{name: name, src: src}
	return r.read(), r.problems
}

// Belongs says what is wrong where an envelope names another plan than the one it lies beside.
func (e *Envelope) Belongs(name, planID string) []plan.Problem {
	if e == nil || e.Meta.PlanID == "" || planID == "" || e.Meta.PlanID == planID {
		return nil
	}
	return []plan.Problem{{Code: envelopeOfAnother, Severity: plan.Warning, File: name,
		Text: fmt.Sprintf("the envelope is for the plan %q, and this one is %q", oneLine(e.Meta.PlanID), oneLine(planID)),
		Hint: "agents are given it all the same; remove it where it is about other work"}}
}

// envelopeReader reads one file.
type envelopeReader struct {
	name     string
	src      []byte
	problems []plan.Problem
}

func (r *envelopeReader) read() *Envelope {
	text := string(r.src)
	switch {
	case len(r.src) > MaxEnvelope:
		r.problem(EnvelopeUnread, plan.Warning, plan.Pos{}, fmt.Sprintf("the file is larger than %d bytes and is not read", MaxEnvelope), "")
		return nil
	case !utf8.ValidString(text):
		r.problem(EnvelopeUnread, plan.Warning, plan.Pos{}, "the file is not UTF-8 text", "")
		return nil
	}
	l := lenient{src: text, places: placesOf(text)}
	start := strings.IndexByte(text, '{')
	if start < 0 {
		r.problem(EnvelopeUnread, plan.Warning, plan.Pos{Line: 1, Column: 1}, "there is no JSON object in the file", `an envelope is {"context_envelope": {...}}`)
		return nil
	}
	root, end, ok := l.object(start)
	if !ok {
		r.problem(EnvelopeUnread, plan.Warning, placesOf(text).of(l.at), l.fault, "agents are given no context until this is mended")
		return nil
	}
	if rest := strings.TrimLeft(text[end:], "` \t\r\n"); rest != "" {
		r.problem(EnvelopeUnread, plan.Warning, l.places.of(len(text)-len(rest)), "more stands behind the object, and is not read", "")
	}
	r.onceEach(root)
	e := &Envelope{Bare: true}
	for i, f := range root.Fields {
		if f.Key == envelopeKey && f.Value.Kind == plan.Map {
			e.Bare = false
			e.Beside = slices.Delete(slices.Clone(root.Fields), i, i+1)
			root = f.Value
			break
		}
	}
	if len(e.Beside) == 0 {
		e.Beside = nil
	}
	r.into(root, e)
	return e
}

// maxEnvelopeProblems is how much is said of one file: a file made to hurt has a problem at every byte.
const maxEnvelopeProblems = 50

func (r *envelopeReader) problem(code string, severity plan.Severity, pos plan.Pos, text, hint string) {
	if len(r.problems) >= maxEnvelopeProblems {
		return
	}
	p := plan.Problem{Code: code, Severity: severity, File: r.name, Line: pos.Line, Column: pos.Column, Text: text, Hint: hint}
	if pos.Line > 0 {
		p.Source = r.line(pos.Offset)
	}
	r.problems = append(r.problems, p)
}

// line is the line around an offset, "" for one that is too long to show.
func (r *envelopeReader) line(offset int) string {
	const most = 400
	begin := bytes.LastIndexByte(r.src[:offset], '\n') + 1
	end := bytes.IndexByte(r.src[begin:], '\n')
	if end < 0 {
		end = len(r.src) - begin
	}
	if end > most {
		return ""
	}
	return strings.TrimRight(string(r.src[begin:begin+end]), "\r")
}

// placesOf counts from behind a byte order mark.
func placesOf(text string) *places {
	p := &places{src: text}
	if mark := "\uFEFF"; strings.HasPrefix(text, mark) {
		p.offset, p.pos = len(mark), plan.Pos{Line: 1, Column: 1}
	}
	return p
}

// onceEach leaves the last of the values that stand under one key.
func (r *envelopeReader) onceEach(v *plan.Value) {
	for _, item := range v.Items {
		r.onceEach(item)
	}
	last := make(map[string]int, len(v.Fields))
	for i, f := range v.Fields {
		last[f.Key] = i
		r.onceEach(f.Value)
	}
	if len(last) == len(v.Fields) {
		return
	}
	var kept []plan.Field
	for i, f := range v.Fields {
		if last[f.Key] == i {
			kept = append(kept, f)
			continue
		}
		r.problem(envelopeTwice, plan.Warning, f.Pos, fmt.Sprintf("the key %q stands twice in this object; the later one counts", oneLine(f.Key)), "")
	}
	v.Fields = kept
}
