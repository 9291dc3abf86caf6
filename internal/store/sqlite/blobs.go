package sqlite

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"billow/internal/store"
)

// PutBlob implements store.Log.
func (l *Log) PutBlob(ctx context.Context, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	var known int
	err := l.row(ctx, "blob", `SELECT 1 FROM blob WHERE hash = ?`, hash, &known)
	if !errors.Is(err, store.ErrNotFound) {
		return hash, err
	}
	body, err := deflate(data)
	if err != nil {
		return "", err
	}
	return hash, l.exec(ctx, `INSERT INTO blob (hash, size, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		hash, len(data), body)
}

// Blob implements store.Log.
func (l *Log) Blob(ctx context.Context, hash string) ([]byte, error) {
	var size int64
	var body []byte
	if err := l.row(ctx, "blob", `SELECT size, body FROM blob WHERE hash = ?`, hash, &size, &body); err != nil {
		return nil, err
	}
	data, err := inflate(body, size)
	if err != nil {
		return nil, l.fault(fmt.Errorf("%w: blob %s: %w", store.ErrDamaged, hash, err))
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
		return nil, l.fault(fmt.Errorf("%w: blob %s holds other bytes", store.ErrDamaged, hash))
	}
	return data, nil
}

// deflate compresses as fast as it can: plans are text and shrink well at any level, and a run waits for it
// before its first task.
func deflate(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// inflate undoes deflate; what is longer than size is damaged.
func inflate(body []byte, size int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != size {
		return nil, fmt.Errorf("it has %d bytes, not %d", len(data), size)
	}
	return data, nil
}
