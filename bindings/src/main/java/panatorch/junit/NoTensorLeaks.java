package panatorch.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fails a test class that leaves tensors behind. */
@SuppressWarnings("exports") // of use only where JUnit is read anyway
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TensorLeakCheck.class)
public @interface NoTensorLeaks {}
