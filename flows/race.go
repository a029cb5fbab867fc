package flows

import "context"

// AddDevice puts a second way beside a browser challenge: a device code. The
// listener and Answer stay as they are, and Finish of the browser challenge
// takes whichever answer is there first. What becomes of the code alone (a
// refusal, its end) is a note on both challenges and ends nothing else.
//
// The challenge that is returned is to be shown and never to be finished. Its
// Close gives up the code; a second AddDevice does the same with the former
// one. Ctx holds for the request only. The errors are those of a device
// sign-in, ErrDeviceCodeDisabled among them; an *InputError says that an answer
// has been taken already, or that this is no browser challenge.
func (c *Challenge) AddDevice(ctx context.Context) (*Challenge, error) {
	f, ok := c.flow.(*browserFlow)
	if !ok {
		return nil, &InputError{Problem: InputNotExpected}
	}
	if f.answered() {
		return nil, &InputError{Problem: InputAlreadyWaiting}
	}
	r := c.request
	r.Method = Device
	d, err := f.login.requestCode(ctx, r)
	if err != nil {
		return nil, err
	}
	way := secondWay{d.flow.(*deviceFlow)}
	d.flow = way
	if !f.join(d) {
		d.Close()
		return nil, &InputError{Problem: InputAlreadyWaiting}
	}
	go f.race(way)
	return d, nil
}

// secondWay is a device sign-in that ends in another one.
type secondWay struct{ *deviceFlow }

func (secondWay) await(context.Context) (grant, error) {
	return grant{}, &InputError{Problem: InputNotExpected}
}

func (f *browserFlow) answered() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.taken
}

// join makes d the second way, unless an answer was faster.
func (f *browserFlow) join(d *Challenge) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taken {
		return false
	}
	if f.device != nil {
		f.device.Close()
	}
	f.device = d
	return true
}

// race asks about the code as long as nobody has answered.
func (f *browserFlow) race(way secondWay) {
	defer way.close()
	g, err := way.deviceFlow.await(f.waiting)
	switch {
	case err == nil:
		f.take(authorization{device: &g})
	case way.done.Err() != nil || f.waiting.Err() != nil:
	default:
		n := Note{Code: NoteCodeEnded, At: f.login.Clock.now(), Err: err}
		f.challenge.note(n)
		way.challenge.note(n)
	}
}

// sayOnBoth writes down what holds for every way.
func (f *browserFlow) sayOnBoth(n Note) {
	f.challenge.note(n)
	f.mu.Lock()
	d := f.device
	f.mu.Unlock()
	if d != nil {
		d.note(n)
	}
}
