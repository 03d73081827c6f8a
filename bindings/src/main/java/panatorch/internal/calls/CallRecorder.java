package panatorch.internal.calls;

import panatorch.internal.libtorch.DispatcherStack;

/**
 * Sees the operators that a thread calls, but not those that an operator calls itself. An exception of a method is thrown by the caller's
 * method, and the operator does not run.
 */
public interface CallRecorder {
    /** Called before an operator runs, with its arguments on the stack in schema order. */
    void before(PreparedOperator operator, DispatcherStack stack);

    /** Called after the same operator has run without an error, with its results on the stack. */
    void after(DispatcherStack stack);

    /** Called before Java reads the memory of a tensor. */
    void reading(long tensor);
}
