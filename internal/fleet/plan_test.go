package fleet

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawFleet draws nodes with what they hold: some alike, some not.
func drawFleet(t *rapid.T, alike bool) []Node {
	var platforms []string
	for i := range rapid.IntRange(0, 30).Draw(t, "platforms") {
		platforms = append(platforms, fmt.Sprintf("p%02d", i))
	}
	nodes := make([]Node, rapid.IntRange(1, 6).Draw(t, "nodes"))
	for i := range nodes {
		nodes[i] = Node{ID: fmt.Sprintf("n%d", i), Incarnation: "1"}
		for _, p := range platforms {
			if alike || rapid.Bool().Draw(t, "has "+p) {
				nodes[i].Platforms = append(nodes[i].Platforms, p)
			}
		}
	}
	for _, p := range platforms {
		if h := rapid.IntRange(-1, len(nodes)-1).Draw(t, "holder of "+p); h >= 0 && slices.Contains(nodes[h].Platforms, p) {
			nodes[h].Active = append(nodes[h].Active, p)
		}
	}
	return nodes
}

func TestPlanIsEvenWithFewestMoves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawFleet(t, true)
		plan := Plan(nodes)
		load, moved := map[string]int{}, 0
		for _, n := range plan {
			load[n]++
		}
		for _, n := range nodes {
			for _, p := range n.Active {
				if plan[p] != n.ID {
					moved++
				}
			}
		}
		if len(plan) != len(nodes[0].Platforms) {
			t.Fatalf("%d of %d platforms are planned", len(plan), len(nodes[0].Platforms))
		}
		least, most := len(plan)/len(nodes), (len(plan)+len(nodes)-1)/len(nodes)
		must, over := 0, 0
		for _, n := range nodes {
			if l := load[n.ID]; l < least || l > most {
				t.Fatalf("%s has %d; want %d to %d", n.ID, l, least, most)
			}
			// Whoever holds more than the even share must give; len(plan)%len(nodes) of them may keep one more.
			must += max(0, len(n.Active)-most)
			if len(n.Active) >= most {
				over++
			}
		}
		if extra := over - len(plan)%len(nodes); most > least && extra > 0 {
			must += extra
		}
		if moved != must {
			t.Fatalf("%d moves; %d are enough: %v -> %v", moved, must, nodes, plan)
		}
	})
}

// Where not every node has every platform, even is as even as can be: the sum
// of squares is the least of all assignments that chance finds.
func TestPlanIsAsEvenAsTheConfigsAllow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawFleet(t, false)
		plan := Plan(nodes)
		squares := func(of map[string]string) (sum int) {
			load := map[string]int{}
			for _, n := range of {
				load[n]++
			}
			for _, l := range load {
				sum += l * l
			}
			return sum
		}
		for p, n := range plan {
			i := slices.IndexFunc(nodes, func(x Node) bool { return x.ID == n })
			if !slices.Contains(nodes[i].Platforms, p) {
				t.Fatalf("%s is planned for %s, which does not have it", p, n)
			}
		}
		able := map[string][]string{}
		for _, n := range nodes {
			for _, p := range n.Platforms {
				able[p] = append(able[p], n.ID)
			}
		}
		if len(plan) != len(able) {
			t.Fatalf("%d of %d platforms are planned", len(plan), len(able))
		}
		other := maps.Clone(plan)
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		best := squares(plan)
		for range 300 {
			for p, who := range able {
				if rng.IntN(3) == 0 {
					other[p] = who[rng.IntN(len(who))]
				}
			}
			if s := squares(other); s < best {
				t.Fatalf("%v is more even than %v", other, plan)
			}
		}
	})
}

func TestPlanDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawFleet(t, rapid.Bool().Draw(t, "alike"))
		shuffled := slices.Clone(nodes)
		rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		if a, b := Plan(nodes), Plan(shuffled); !reflect.DeepEqual(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

// A chain: a and c share nothing, and yet c gets something through b.
func TestPlanGoesThroughOthers(t *testing.T) {
	t.Parallel()
	plan := Plan([]Node{
		{ID: "a", Platforms: []string{"1", "2", "3", "4"}, Active: []string{"1", "2", "3", "4"}},
		{ID: "b", Platforms: []string{"4", "5", "6", "7"}, Active: []string{"5", "6", "7"}},
		{ID: "c", Platforms: []string{"7", "8", "9"}, Active: []string{"8", "9"}},
	})
	if plan["4"] != "b" || plan["7"] != "c" {
		t.Errorf("plan %v; want 4 at b and 7 at c", plan)
	}
}

func TestHeirsAreEvenAndLeaveTheRest(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 9 {
		all = append(all, fmt.Sprint(i))
	}
	heirs := Heirs([]Node{
		{ID: "a", Platforms: all, Active: all[:3]},
		{ID: "b", Platforms: all, Active: all[3:5]},
		{ID: "c", Platforms: all, Active: all[5:]},
	}, "c")
	got := map[string]int{}
	for _, n := range heirs {
		got[n]++
	}
	if want := map[string]int{"a": 2, "b": 2}; !reflect.DeepEqual(got, want) || len(heirs) != 4 {
		t.Errorf("heirs %v; want two each for a (which has 3) and b (2)", heirs)
	}
}

func TestPlanPassesOverWhoCannot(t *testing.T) {
	t.Parallel()
	two := []string{"1", "2"}
	for name, b := range map[string]Node{
		"it stops":            {ID: "b", Platforms: two, Leaving: true},
		"it has none of them": {ID: "b"},
		"it cannot reach any": {ID: "b", Platforms: two, Unfit: two},
	} {
		plan := Plan([]Node{{ID: "a", Platforms: two, Active: two}, b})
		if plan["1"] != "a" || plan["2"] != "a" {
			t.Errorf("%s: plan %v", name, plan)
		}
	}
	leaving := Plan([]Node{{ID: "a", Platforms: two, Active: two, Leaving: true}, {ID: "b", Platforms: two}})
	if leaving["1"] != "b" || leaving["2"] != "b" {
		t.Errorf("the one that holds them stops: plan %v", leaving)
	}
}

func BenchmarkPlan(b *testing.B) {
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("platform-%04d", i))
	}
	nodes := []Node{{ID: "a", Platforms: all, Active: all}, {ID: "b", Platforms: all}, {ID: "c", Platforms: all}}
	for b.Loop() {
		Plan(nodes)
	}
}
