package plan

// repairBundle repairs the front matters of a folder's files, each on its own: one that cannot be repaired as a whole
// is left as it was, and the others are mended all the same.
func repairBundle(name string, src []byte, files []TaskFile, opts Options) Repaired {
	out := Repaired{Bytes: src, Document: Read(name, src, opts)}
	s := out.Document.Source
	if !MayRepair(out.Document.Problems) || s.parts == nil {
		return out
	}
	for i, f := range files {
		at := &s.parts[i]
		m := cutFrontMatter(f.Text)
		_, problems := parseFrontMatter(s.nameOf(at), f.Text, m, opts.Limits)
		if !m.closed || !MayRepair(problems) {
			continue
		}
		r := newRepairer(newSource(s.nameOf(at), f.Text[:m.end]), opts.Limits)
		if r.mendSyntax() {
			r.mendKeys()
			edits := r.repairs()
			text := carryOut(f.Text, edits)
			if root, _ := parseFrontMatter(s.nameOf(at), text, cutFrontMatter(text), opts.Limits); root != nil {
				for _, e := range edits {
					e.File, e.Edit.Start, e.Edit.End = s.nameOf(at), e.Edit.Start+at.start, e.Edit.End+at.start
					out.Repairs = append(out.Repairs, e)
				}
			}
		}
		for _, fault := range r.faults {
			for j := range fault.Fix {
				fault.Fix[j].Start += at.start
				fault.Fix[j].End += at.start
			}
			out.Faults = append(out.Faults, fault)
		}
	}
	if len(out.Repairs) > 0 {
		out.Bytes = carryOut(src, out.Repairs)
		out.Document = Read(name, out.Bytes, opts)
	}
	return out
}
