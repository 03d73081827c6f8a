package panatorch.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/** Tests that need a GPU: {@code -Dgroups=cuda} runs these alone. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cuda")
@EnabledIf(value = "panatorch.cuda.Gpus#isThere",
        disabledReason = "libtorch finds no GPU here: name one with CUDA by PANATORCH_LIBTORCH, as torch/lib of a PyTorch that pip "
                + "installed")
@interface Gpu {}
