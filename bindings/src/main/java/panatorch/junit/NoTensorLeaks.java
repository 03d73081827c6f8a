package panatorch.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Fails a test class after which more tensors are live than before it, with their number and the tests that left them. With
 * {@code -Dpanatorch.leaks=trace} the error's suppressed ones show where each was made.
 *
 * <p>
 * Classes nested in the annotated one are checked each by itself. A parameterised or repeated test counts as several. What
 * {@code @BeforeAll} makes and {@code @AfterAll} closes is no leak. Tensors are counted for the whole process, so annotated classes exclude
 * each other where tests run in parallel, and their own tests run one after the other; what classes without the annotation make meanwhile
 * is counted, too, so annotate all that use tensors.
 */
@SuppressWarnings("exports") // of use only where JUnit is read anyway
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TensorLeakCheck.class)
@ResourceLock("panatorch.liveTensors")
public @interface NoTensorLeaks {}
