package credstore

import (
	"context"
	"sync"
	"time"
)

// memoryStore keeps the login for as long as the process lives.
type memoryStore struct {
	// writer is held through a whole Save, its steps included; mu guards doc.
	writer, mu sync.Mutex
	doc        []byte
}

func (s *memoryStore) Mode() Mode { return ModeEphemeral }

func (s *memoryStore) place() Place { return Place{Kind: KindMemory, Where: "memory"} }

func (s *memoryStore) Load(ctx context.Context) (*Auth, Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, s.place(), err
	}
	if s.doc == nil {
		return nil, s.place(), ErrNotFound
	}
	a, err := Parse(s.doc, s.place())
	return a, s.place(), err
}

func (s *memoryStore) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	if steps.Choose == nil {
		if _, err := a.checked(s.place()); err != nil {
			return s.place(), err
		}
	}
	if err := lockMutex(ctx, &s.writer); err != nil {
		return s.place(), err
	}
	defer s.writer.Unlock()
	err := steps.before(ctx)
	var b []byte
	if err == nil {
		_, b, err = steps.choose(ctx, a, s.place())
	}
	if err != nil {
		return s.place(), err
	}
	s.mu.Lock()
	s.doc = b
	s.mu.Unlock()
	steps.written()
	return s.place(), nil
}

func (s *memoryStore) Delete(ctx context.Context) error {
	if err := lockMutex(ctx, &s.writer); err != nil {
		return err
	}
	defer s.writer.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doc == nil {
		return ErrNotFound
	}
	s.doc = nil
	return nil
}

// lockMutex is mu.Lock for a caller that may give up.
func lockMutex(ctx context.Context, mu *sync.Mutex) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if mu.TryLock() {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(lockRetry):
		}
	}
}
