package credstore

import (
	"sync"
)

// memoryBook is the account book of the mode that writes nothing to disk.
type memoryBook struct {
	// writer is held by whoever changes the book; mu guards the maps.
	writer, mu  sync.Mutex
	docs, cards map[string][]byte
	accounts    map[string]*sync.Mutex
	moving      []byte
}

var memoryBooks sync.Map // by home folder

func memoryBookOf(home Home) *memoryBook {
	p, _ := memoryBooks.LoadOrStore(home.Path, &memoryBook{
		docs: map[string][]byte{}, cards: map[string][]byte{}, accounts: map[string]*sync.Mutex{},
	})
	return p.(*memoryBook)
}

func (m *memoryBook) load(id string) (*Auth, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	doc, ok := m.docs[id]
	if !ok {
		return nil, ErrNotFound
	}
	return Parse(doc, Place{Kind: KindMemory, Where: "memory"})
}

func (m *memoryBook) write(id string, a *Auth) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.docs[id] = a.Encode()
}

func (m *memoryBook) remove(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.docs[id]; !ok {
		return ErrNotFound
	}
	delete(m.docs, id)
	return nil
}

func (m *memoryBook) folder() folder {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := newFolder()
	for id := range m.docs {
		f.pages[id] = inFile
	}
	for id := range m.cards {
		f.cards[id] = true
	}
	return f
}

func (m *memoryBook) card(id string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.cards[id]
	return text, ok
}

// setCard stores a card, or takes it away for a nil text.
func (m *memoryBook) setCard(id string, text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text == nil {
		delete(m.cards, id)
		return
	}
	m.cards[id] = text
}

// account is the lock of one account.
func (m *memoryBook) account(id string) *sync.Mutex {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accounts[id] == nil {
		m.accounts[id] = new(sync.Mutex)
	}
	return m.accounts[id]
}
