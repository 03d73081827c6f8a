package panatorch.apps.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** The two ways in which commands write JSON. */
public final class Json {
    private Json() {}

    /** Writes files: indented, with the constants of enums as the command line spells them. */
    public static final ObjectMapper PRETTY =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.WRITE_ENUMS_USING_TO_STRING);

    /** Writes one object a line, for programs that read line by line. */
    public static final ObjectMapper LINE = new ObjectMapper().enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING);
}
