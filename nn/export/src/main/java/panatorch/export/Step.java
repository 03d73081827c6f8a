package panatorch.export;

/** A call of a graph, in a form that can be run. */
abstract class Step {
    /** Where in the program the call is, for messages: its name, and the line of Python code that it comes from if that is known. */
    final String place;

    Step(String place) { this.place = place; }

    /** Runs the call: reads what it needs from the frame, and puts its results there. */
    abstract void run(Frame frame);
}
