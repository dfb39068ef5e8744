import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** What the matrix's Java programs share: each operation prints one line, its name and what came of it. */
final class Harness {
    private Harness() {}

    /** The broker said no, in words that the client passed on. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(Throwable said) {
            super(innermost(said).getMessage(), said);
        }
    }

    interface Operation {
        void run() throws Exception;
    }

    static void attempt(String name, Operation operation) {
        String result;
        try {
            operation.run();
            result = "ok";
        } catch (Refused refused) {
            result = "refused: " + refused.getMessage();
        } catch (Throwable error) { // whatever it is, it belongs into the table
            error.printStackTrace();
            result = "FAILED: " + innermost(error);
        }
        String line = result.replaceAll("\\s+", " ");
        System.out.println(name + "\t" + line.substring(0, Math.min(160, line.length())));
    }

    /** Runs what a broker may refuse: an error of this kind anywhere below is its refusal, in its words. */
    static void refusable(Class<? extends Throwable> refusal, Operation operation) throws Exception {
        // By its name: frameworks carry classes of their own, and errors between processes as words.
        try {
            operation.run();
        } catch (Exception error) {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (cause.toString().contains(refusal.getSimpleName())) {
                    throw new Refused(cause);
                }
            }
            throw error;
        }
    }

    /** The operation must be refused with this kind of error. */
    static void fails(Class<? extends Throwable> kind, Operation operation) throws Exception {
        try {
            refusable(kind, operation);
        } catch (Refused expected) {
            return;
        }
        throw new AssertionError("it was taken, where " + kind.getSimpleName() + " was expected");
    }

    static Throwable innermost(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static String fresh(String word) {
        return "matrix." + word + "." + UUID.randomUUID().toString().substring(0, 8);
    }

    static void same(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError(found + " instead of " + expected);
        }
    }

    static void until(String what, Duration patience, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + patience.toSeconds() + " s: " + what);
            }
            Thread.sleep(100);
        }
    }

    /** This program again, as a process of its own, that can be killed. */
    static Process another(Class<?> program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx512m"));
        command.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(option -> option.startsWith("--add-")).toList());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        // It doesn't outlive a program that failed.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }
}
