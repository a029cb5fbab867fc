package credstore

import (
	"context"
	"sync"
)

// memoryStore keeps the login for as long as the process lives.
type memoryStore struct {
	mu  sync.Mutex
	doc []byte
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
	b, err := a.checked(s.place())
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = steps.before(ctx)
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
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doc == nil {
		return ErrNotFound
	}
	s.doc = nil
	return nil
}
