package panatorch.internal.log;

import java.util.ServiceLoader;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.spi.Provider;
import org.jspecify.annotations.Nullable;

/**
 * Logs through Log4j if the program has a logging framework. Without one, Log4j would print a complaint instead of the message, so warnings
 * and errors go to the JDK's own logger and lower levels are dropped. The framework is looked up only at the first message, as it takes
 * longer to start than libtorch to load.
 */
public final class Log {
    private static final boolean FRAMEWORK =
            ServiceLoader.load(Provider.class, LogManager.class.getClassLoader()).stream().findAny().isPresent();

    private Log() {}

    /** Logs for modules that do not see Log4j. */
    public static void warn(Class<?> where, String message) {
        say(where, Level.WARN, message, null);
    }

    public static void say(Class<?> where, Level level, String message, @Nullable Throwable cause) {
        if (FRAMEWORK) LogManager.getLogger(where).log(level, message, cause);
        else if (level.isMoreSpecificThan(Level.WARN)) plainly(where, level, message, cause);
    }

    /** Logs a message that the user asked for, even if the framework is not configured and shows only errors. */
    public static void insist(Class<?> where, Level level, String message, @Nullable Throwable cause) {
        if (FRAMEWORK && LogManager.getLogger(where).isEnabled(level)) LogManager.getLogger(where).log(level, message, cause);
        else plainly(where, level, message, cause);
    }

    private static void plainly(Class<?> where, Level level, String message, @Nullable Throwable cause) {
        var same = level.isMoreSpecificThan(Level.ERROR) ? System.Logger.Level.ERROR : System.Logger.Level.WARNING;
        System.getLogger(where.getName()).log(same, message, cause);
    }
}
