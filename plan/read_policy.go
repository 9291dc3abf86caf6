package plan

import "billow/failure"

func defaultPolicy() failure.Policy { return nil }

func (r *reader) policy(f Field) failure.Policy { return nil }
