package mem_test

import (
	"testing"

	"billow/internal/store"
	"billow/internal/store/mem"
	"billow/internal/store/storetest"
)

func TestMemKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Log { return mem.New() })
}

func BenchmarkMem(b *testing.B) {
	storetest.Benchmark(b, func(*testing.B) store.Log { return mem.New() })
}
