package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** The table of {@link Scope}, line by line. */
@NoTensorLeaks
class ScopeTest {
    private static Tensor one() { return Torch.ones(DType.FLOAT32, 1); }

    @Test void a_scope_frees_what_was_made_in_it_and_nothing_else() {
        try (var outer = Scope.open()) {
            Tensor before = one();
            Tensor inside;
            try (var inner = Scope.open()) {
                inside = before.add(1);
            }
            assertThat(inside.isClosed()).isTrue();
            assertThat(before.isClosed()).isFalse();
        }
    }

    @Test void a_kept_tensor_is_the_enclosing_scope_s() {
        Tensor kept, moved;
        try (var outer = Scope.open()) {
            try (var inner = Scope.open()) {
                kept = one();
                inner.keep(kept, one());
                moved = inner.move(one());
            }
            assertThat(kept.add(moved).itemFloat()).isEqualTo(2);
        }
        assertThat(kept.isClosed()).isTrue();
        assertThat(moved.isClosed()).isTrue();
    }

    @Test void a_tensor_moved_out_of_the_outermost_scope_is_the_caller_s() {
        Tensor moved;
        try (var scope = Scope.open()) {
            moved = scope.move(one());
        }
        assertThat(moved.isClosed()).isFalse();
        moved.close();
    }

    @Test void moving_a_tensor_of_another_scope_leaves_it_there() {
        try (var outer = Scope.open()) {
            Tensor x = one();
            try (var inner = Scope.open()) {
                inner.keep(x);
                assertThat(inner.move(x)).isSameAs(x);
            }
            assertThat(x.isClosed()).isFalse();
        }
    }

    @Test void an_escaped_tensor_outlives_every_scope() {
        Tensor escaped;
        try (var outer = Scope.open(); var inner = Scope.open()) {
            escaped = one().escape();
            assertThat(escaped.escape()).isSameAs(escaped);
        }
        assertThat(escaped.isClosed()).isFalse();
        escaped.close();
    }

    @Test void a_scope_frees_its_own_tensors_early_and_no_others() {
        try (var outer = Scope.open()) {
            Tensor before = one(), moved, escaped, freed, left;
            try (var inner = Scope.open()) {
                moved = inner.move(one());
                escaped = one().escape();
                freed = one();
                left = one();
                inner.free(before, moved, escaped, freed, freed);
                assertThat(freed.isClosed()).isTrue();
                assertThat(left.isClosed()).isFalse();
            }
            assertThat(before.add(moved).add(escaped).itemFloat()).isEqualTo(3);
            assertThat(left.isClosed()).isTrue();
            escaped.close();
        }
    }

    @Test void a_tensor_made_for_another_thread_is_adopted_by_its_scope_there() throws InterruptedException {
        var queue = new ArrayBlockingQueue<Tensor>(1);
        var worker = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 5; i++) {
                try (var scope = Scope.open()) {
                    queue.put(one().add(i).escape());
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        for (int i = 0; i < 5; i++) {
            Tensor batch = queue.take();
            try (var scope = Scope.open()) {
                scope.adopt(batch, batch);
                assertThat(batch.itemFloat()).isEqualTo(i + 1);
            }
            assertThat(batch.isClosed()).isTrue();
        }
        worker.join();
    }

    @Test void a_scope_adopts_neither_another_one_s_tensors_nor_closed_ones() {
        try (var outer = Scope.open()) {
            Tensor x = one(), closed = one();
            closed.close();
            try (var inner = Scope.open()) {
                assertThatThrownBy(() -> inner.adopt(x)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("the tensor belongs to another scope; call escape() on it before a scope adopts it");
                assertThatThrownBy(() -> inner.adopt(closed)).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("the tensor to adopt is closed");
                assertThatThrownBy(() -> elsewhere(() -> inner.adopt(x))).isInstanceOf(WrongThreadException.class);
            }
            assertThat(x.isClosed()).isFalse();
        }
    }

    @Test void an_adopted_tensor_may_be_kept_moved_and_escape_as_any_other() {
        try (var outer = Scope.open()) {
            Tensor x = one().escape();
            try (var inner = Scope.open()) {
                inner.adopt(x);
                inner.keep(x);
            }
            assertThat(x.isClosed()).isFalse();
            x.escape();
            outer.adopt(x);
        }
    }

    @Test void closing_twice_is_harmless_for_tensors_and_scopes() {
        long before = Torch.liveTensors();
        var scope = Scope.open();
        Tensor x = one();
        x.close();
        x.close();
        scope.close();
        scope.close();
        x.close();
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    @Test void closing_a_scope_closes_those_inside_it_first() {
        var outer = Scope.open();
        var inner = Scope.open();
        Tensor x = one();
        outer.close();
        assertThat(x.isClosed()).isTrue();
        inner.close();
        try (var next = Scope.open()) {
            Tensor y = one();
            assertThatThrownBy(() -> inner.move(y)).isInstanceOf(IllegalStateException.class).hasMessage("this scope is closed");
            next.close();
            assertThat(y.isClosed()).isTrue();
        }
    }

    @Test void tensors_may_be_closed_in_any_order() {
        try (var scope = Scope.open()) {
            Tensor a = one(), b = a.add(1), c = b.add(1);
            b.close();
            a.close();
            assertThat(c.itemFloat()).isEqualTo(3);
            try (var inner = Scope.open()) {
                c.close();
            }
        }
    }

    @Test void a_result_of_a_closed_tensor_lives_on() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 2, 3), view = x.t();
            x.close();
            assertThat(view.sum().itemFloat()).isEqualTo(6);
        }
    }

    @Test void a_closed_tensor_says_so() {
        Tensor x = one();
        x.close();
        assertThat(x).hasToString("tensor(closed)");
        assertThatThrownBy(x::shape).isInstanceOf(IllegalStateException.class)
                .hasMessage("this tensor is closed; run with -Dpanatorch.leaks=trace to see where it was closed");
        assertThatThrownBy(x::escape).isInstanceOf(IllegalStateException.class);
    }

    @Test void a_tensor_that_was_kept_beyond_its_scope_says_which_scope_freed_it() {
        Tensor kept;
        try (var scope = Scope.open()) {
            kept = one().neg();
        }
        assertThatThrownBy(kept::shape).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("this tensor is closed: it was freed with the scope of thread '" + Thread.currentThread().getName())
                .hasMessageContaining("scope.move(t)").hasMessageContaining("t.escape()");
        assertThatThrownBy(kept::relu).hasMessageStartingWith("argument 'self' of aten::relu is closed: it was freed with the scope");
    }

    @Test void a_scope_belongs_to_its_thread() {
        try (var scope = Scope.open()) {
            Tensor x = one();
            assertThatThrownBy(() -> elsewhere(scope::close)).isInstanceOf(WrongThreadException.class)
                    .hasMessageStartingWith("this scope belongs to Thread[");
            assertThatThrownBy(() -> elsewhere(() -> scope.keep(x))).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> elsewhere(x::escape)).isInstanceOf(WrongThreadException.class);
            assertThat(x.add(x).itemFloat()).isEqualTo(2);
        }
    }

    @Test void another_thread_s_scope_does_not_take_this_thread_s_tensors() {
        try (var scope = Scope.open()) {
            Tensor x = one();
            elsewhere(() -> {
                try (var other = Scope.open()) {
                    x.add(x);
                    other.keep(x);
                }
            });
            assertThat(x.isClosed()).isFalse();
        }
    }

    @Test void another_thread_may_close_a_tensor() {
        long before = Torch.liveTensors();
        try (var scope = Scope.open()) {
            Tensor x = one();
            elsewhere(x::close);
            assertThat(x.isClosed()).isTrue();
        }
        Tensor unscoped = one();
        elsewhere(unscoped::close);
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    /** Runs {@code action} on another thread, with its exception. */
    private static void elsewhere(Runnable action) {
        try {
            CompletableFuture.runAsync(action).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw e;
        }
    }
}
