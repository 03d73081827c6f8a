package panatorch.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Fails a test class if more tensors are live after it than before it. The error names their number and the tests that left them. With
 * {@code -Dpanatorch.leaks=trace} its suppressed exceptions show where each tensor was made.
 *
 * <p>
 * Nested classes of the annotated one are checked separately. A parameterised or repeated test counts as several. A tensor that
 * {@code @BeforeAll} makes and {@code @AfterAll} closes is not a leak. Tensors are counted for the whole process. So if tests run in
 * parallel, annotated classes exclude each other, and the tests of one run one after the other. Tensors that other classes make meanwhile
 * are counted, too, so annotate all classes that use tensors.
 */
@SuppressWarnings("exports") // of use only where JUnit is read anyway
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TensorLeakCheck.class)
@ResourceLock("panatorch.liveTensors")
public @interface NoTensorLeaks {}
