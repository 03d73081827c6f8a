/** Programs that {@code torch.export} saved. Start at {@link panatorch.export.ExportedProgram}. */
@NullMarked
package panatorch.export;

import org.jspecify.annotations.NullMarked;
