package panatorch.export;

import java.util.List;
import panatorch.Tensor;
import panatorch.nn.Module;

/** A module that only holds parameters and buffers, as children of the names that Python's modules had. */
class StateTree extends Module {
    /** What a tensor is to its module. */
    enum Role {
        PARAMETER, BUFFER, TEMPORARY
    }

    /** Where a tensor of a program's state is kept. It is looked up in each run, as a user may replace it. */
    record Place(Module owner, String name, boolean parameter) {
        Tensor tensor() {
            return parameter ? owner.parameter(name) : owner.buffer(name);
        }
    }

    /**
     * Adds a tensor.
     *
     * @param fullName names of the modules on the way to it, and its own, joined by dots
     * @throws IllegalArgumentException if there is something of that name, or the name is empty
     */
    Place add(String fullName, Tensor t, Role role) {
        List<String> path = List.of(fullName.split("\\.", -1));
        if (path.size() > 100)
            throw new IllegalArgumentException("the name " + fullName.substring(0, 100) + "… has " + path.size() + " parts");
        StateTree owner = this;
        for (String part : path.subList(0, path.size() - 1)) owner = owner.part(part);
        return owner.own(path.getLast(), t, role);
    }

    private StateTree part(String name) {
        Module there = namedChildren().get(name);
        return there instanceof StateTree tree ? tree : child(name, new StateTree());
    }

    private Place own(String name, Tensor t, Role role) {
        if (role == Role.PARAMETER) {
            parameter(name, null); // which would have it require a gradient; frozen and integer parameters do not
            setParameter(name, t);
        } else {
            buffer(name, t, role == Role.BUFFER);
        }
        return new Place(this, name, role == Role.PARAMETER);
    }

    @Override protected void replacingChild(String name, Module module) {
        throw new UnsupportedOperationException("'" + name + "' cannot be replaced: the program's graph computes with its tensors. "
                + "Change the model in Python, and export it again");
    }

    @Override protected Module recreate() { return new StateTree(); }
}
