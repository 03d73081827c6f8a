package panatorch.internal.log;

import java.util.ServiceLoader;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.spi.Provider;
import org.jspecify.annotations.Nullable;

/**
 * Log4j's loggers where a program has a logging framework. Where it has none Log4j would complain of that on the console in place of the
 * message: there warnings and errors go to the JDK's own logger, and what is less is not said. Looked for only when there is something to
 * say: a framework takes longer to start than libtorch to load.
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

    /** For what a user asked to be told, also where a framework was not configured and shows errors only. */
    public static void insist(Class<?> where, Level level, String message, @Nullable Throwable cause) {
        if (FRAMEWORK && LogManager.getLogger(where).isEnabled(level)) LogManager.getLogger(where).log(level, message, cause);
        else plainly(where, level, message, cause);
    }

    private static void plainly(Class<?> where, Level level, String message, @Nullable Throwable cause) {
        var same = level.isMoreSpecificThan(Level.ERROR) ? System.Logger.Level.ERROR : System.Logger.Level.WARNING;
        System.getLogger(where.getName()).log(same, message, cause);
    }
}
