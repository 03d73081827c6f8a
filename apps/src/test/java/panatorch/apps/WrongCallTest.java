package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.cuda.Cuda;
import panatorch.junit.NoTensorLeaks;

/** A wrong call or input: exit status 2, one sentence on standard error, nothing written. */
@NoTensorLeaks
class WrongCallTest {
    @TempDir
    Path folder;

    private static void isRefused(Calls call, String sentence) {
        assertThat(call.err()).startsWith("panatorch: ").contains(sentence).doesNotContain("\tat ");
        assertThat(call.err()).endsWith(System.lineSeparator()).hasLineCount(1);
        assertThat(call.status()).isEqualTo(2);
        assertThat(call.out()).isEmpty();
    }

    @Test void a_slip_is_told_with_what_was_meant() {
        isRefused(Calls.of("trian"), "unknown argument trian, did you mean train?");
        isRefused(Calls.of("evaluate --chekpoint x"),
                "unknown option --chekpoint, did you mean --checkpoint? panatorch evaluate --help shows all");
        isRefused(Calls.of("evaluate"), "--checkpoint");
        isRefused(Calls.of("reproduce msd-sampels"),
                "there is no experiment 'msd-sampels', did you mean msd-samples? All are listed by panatorch reproduce");
        isRefused(Calls.of("reproduce cats"), "there is no experiment 'cats'; all are listed by panatorch reproduce");
        isRefused(Calls.of("reproduce msd-flip --variants M=9"),
                "there is no variant 'M=9', did you mean M=1? The variants are 'M=1', 'M=8 ");
        isRefused(Calls.of("reproduce msd-flip --variants mirrored"), "there is no variant 'mirrored'; the variants are 'M=1', ");
        isRefused(Calls.of("convert a b --dtype pf32"), "did you mean fp32?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--speed 3|unknown option --speed; panatorch train --help shows all",
        "--limit-trian 3|unknown option --limit-trian, did you mean --limit-train",
        "--model resnet21|'resnet21' is unknown, did you mean resnet20? It can be resnet20, resnet32,",
        "--model resnet2O|did you mean resnet20?",
        "--dataset mnits|did you mean mnist?",
        "--dataset mnist|--dataset mnist needs --data DIR",
        "--dropout monte-carlo|'monte-carlo' is unknown; it can be none, standard, multi-sample, gyro",
        "--schedule linear|constant, cosine, one-cycle",
        "--schedule onecycle|did you mean one-cycle?",
        "--precision fp8|auto, fp32, bf16",
        "--device cpu --precision fp16|--precision fp16 is for GPUs",
        "--optimizer sdg|did you mean sgd?",
        "--optimizer adam --momentum 0.9|--momentum has no effect without --optimizer sgd or rmsprop",
        "--mixup 1 --cutmix 1|choose one of them",
        "--label-smoothing 1|--label-smoothing must be at least 0 and below 1",
        "--ema 1|--ema must lie between 0 and 1",
        "--clip-norm 0|--clip-norm must be a number above 0",
        "--accumulate 0|--accumulate must be at least 1",
        "--early-stop 0|--early-stop must be at least 1",
        "--epochs 2 --warm-up 2|--warm-up must be less than the 2 epochs",
        "--schedule plateau --warm-up 1|does not go with --schedule plateau",
        "--milestones 3,2|each later than the one before",
        "--dropout gyro --sigma 8 --tau 16|--tau must be at most --sigma",
        "--gamma 1|--gamma must be below 1",
        "--threads 0|--threads must be at least 1",
        "--threads 10000|--threads must be at most 1024",
        "--image-size 100000|--image-size must be at most 1024",
        "--dropout gyro|resnet20 has none; these have: nin, allconv, cuda-convnet-quick-dropout, lenet5-dropout",
        "--sigma 4|--sigma has no effect without --dropout gyro",
        "--dropout standard --tau=4|--tau has no effect without --dropout gyro",
        "--dropout standard --dropout-num 4|--dropout-samples has no effect without --dropout multi-sample",
        "--dropout none --dropout-p 0.5|--dropout-p has no effect with --dropout none",
        "--data D|--data has no effect without --dataset",
        "--image-size 64|--image-size has no effect without --dataset folder",
        "--step-epochs 2|--step-epochs has no effect without --schedule step",
        "--milestones 2|--milestones has no effect without --schedule multi-step",
        "--schedule multi-step --epochs 3 --milestones 1,3|--milestones has no effect from its end on in a run of 3 epochs",
        "--schedule cosine --gamma 0.5|--gamma has no effect without --schedule step, multi-step or plateau",
        "--plateau-patience 2|--plateau-patience has no effect without --schedule plateau",
        "--epochs 1 --stop-after 5|--stop-after has no effect in a run of 1 epoch",
        "--limit-train 64 --accumulate 100|--accumulate has no effect beyond the 2 batches of an epoch",
        "--quiet --verbose|--verbose has no effect with --quiet",
        "--device tpu|auto, cpu, cuda",
        "--epochs many|'many' is no whole number",
        "--epochs 1.5|'1.5' is no whole number",
        "--lr 50%|'50%' is no number",
        "--seed 1e3|'1e3' is no whole number",
        "--epochs|parameter",
        "--epochs 0|--epochs must be at least 1, and is 0",
        "--batch-size 0|--batch-size must be at least 2",
        "--batch-size 1|--batch-size must be at least 2, because batch normalisation",
        "--dropout-p 1.5|--dropout-p must be at least 0 and below 1, and is 1.5",
        "--dropout-p 1|--dropout-p must be at least 0 and below 1",
        "--dropout-p NaN|--dropout-p must be at least 0 and below 1",
        "--dropout-samples 0|--dropout-samples must be at least 1",
        "--lr 0|--lr must be a number above 0",
        "--lr Infinity|--lr must be a number above 0",
        "--momentum 1|--momentum must be at least 0 and below 1",
        "--weight-decay -1|--weight-decay must be a number not below 0",
        "--limit-train 0|--limit-train must be at least 1",
        "--limit-test 0|--limit-test must be at least 1",
        "--dataset cifar10|needs --data DIR",
        "--model lenet5|lenet5 takes images of one channel, grey, and those of this set are read with three, red, green and blue, as grey "
                + "pictures of a folder are, too; choose another --model",
    }) void a_wrong_option_of_train_is_explained(String options, String sentence) {
        isRefused(Calls.of("train " + options + " --out", folder.resolve("out")), sentence);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test void a_program_that_asked_for_json_is_told_in_json_too() throws IOException {
        for (String line : new String[] {"evaluate --json --checkpoint nowhere.safetensors", "train --json --epochs 0",
            "compare --json nowhere", "predict --json --speed 3"}) {
            Calls failed = Calls.of(line);
            assertThat(failed.status()).isEqualTo(2);
            assertThat(failed.out()).hasLineCount(1);
            assertThat("panatorch: " + new ObjectMapper().readTree(failed.out()).get("error").asText()).isEqualTo(failed.err().strip());
        }
    }

    @Test void a_file_that_cannot_be_written_is_explained_before_the_work() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no weights"), nowhere = folder.resolve("nowhere");
        isRefused(Calls.of("convert", file, nowhere.resolve("a.pt")), "there is no folder " + nowhere);
        isRefused(Calls.of("convert", file, folder), "as it is a folder");
        isRefused(Calls.of("compare runs/a --out", nowhere.resolve("a.png")), "there is no folder " + nowhere);
        isRefused(Calls.of("compare runs/a --out", folder.resolve("a.jpg")), "--out is a PNG");
    }

    @Test void an_option_without_effect_is_refused_by_other_commands_too() {
        isRefused(Calls.of("find-lr --sigma 4"), "--sigma has no effect on a range test");
        isRefused(Calls.of("find-lr --epochs 4"), "unknown option --epochs");
        isRefused(Calls.of("predict --dropout-p 0.5 --checkpoint x y.png"), "--dropout-p has no effect without --mc");
    }

    @Test void a_missing_or_unknown_command_is_explained() {
        isRefused(Calls.of(), "a command is needed, as train or evaluate");
        isRefused(Calls.of("trian"), "unknown argument trian, did you mean train");
    }

    @Test void cuda_where_there_is_none_is_explained() {
        Assumptions.assumeFalse(Cuda.isAvailable(), "there is a GPU here");
        isRefused(Calls.of("train --device cuda --out", folder.resolve("out")),
                "--device cuda asks for a GPU, but this libtorch is built for the CPU only");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test void data_that_is_not_there_is_explained() throws IOException {
        isRefused(Calls.of("train --dataset cifar10 --data", folder.resolve("nowhere")), folder.resolve("nowhere") + " does not exist");
        isRefused(Calls.of("train --dataset cifar10 --data", Files.createFile(folder.resolve("cifar.tar"))),
                "--data names a folder, and " + folder.resolve("cifar.tar") + " is a file");
        isRefused(Calls.of("train --dataset cifar10 --data", folder), "cifar-10-batches-bin");
    }

    /** Files of the right size, all of whose images are black and of class 0. */
    private Path blackCifar() throws IOException {
        Path data = Files.createDirectory(folder.resolve("cifar-10-batches-bin"));
        for (String name : new String[] {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"})
            change(data.resolve(name + ".bin"), 3073L * 10_000, 0, 0);
        return data;
    }

    private static void change(Path path, long length, long at, int value) throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(length);
            file.seek(at);
            file.write(value);
        }
    }

    @Test void truncated_data_is_explained() throws IOException {
        change(blackCifar().resolve("data_batch_3.bin"), 3073L * 10_000 - 5, 0, 0);
        isRefused(Calls.of("train --dataset cifar10 --data", folder), "data_batch_3.bin");
    }

    @Test void an_impossible_label_is_explained() throws IOException {
        change(blackCifar().resolve("test_batch.bin"), 3073L * 10_000, 3073L * 17, 10);
        isRefused(Calls.of("train --dataset cifar10 --data", folder), "record 17 of the file " + folder);
    }

    @Test void an_output_folder_that_cannot_be_written_is_explained_before_training() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "precious");
        isRefused(Calls.of("train --out", file), "the output folder " + file + " cannot be written");
        isRefused(Calls.of("train --out", file.resolve("below")), "cannot be written");
        assertThat(file).hasContent("precious");
    }

    @Test void a_path_that_is_empty_is_not_the_current_folder() {
        isRefused(Calls.of("train --out", Path.of("")), "'--out': the path is empty");
        isRefused(Calls.of("evaluate --checkpoint", Path.of("")), "the path is empty");
    }

    @Test void damaged_files_of_every_kind_are_explained() throws IOException {
        Path zip = Files.writeString(folder.resolve("a.pt"), "PK\3\4 no archive");
        for (String command : List.of("inspect", "evaluate --dataset synthetic --model resnet20 --checkpoint",
                "predict a.png --checkpoint"))
            isRefused(Calls.of(command, zip), zip + ": the archive's directory is missing");
        isRefused(Calls.of("convert", zip, folder.resolve("b.safetensors")), "the archive's directory is missing");
        isRefused(Calls.of("distill --teacher", zip, Path.of("--out"), folder.resolve("student")), "the archive's directory is missing");
        Path json = Files.writeString(folder.resolve("config.json"), "{\"model\":");
        isRefused(Calls.of("train --config", json), "is not JSON");
        Path metrics = Files.writeString(folder.resolve("metrics.json"), "{\"epochs\": [{\"epoch\": 1}, 2]}");
        isRefused(Calls.of("compare", folder), metrics + " was not written by a run");
        for (String part : List.of("train", "dev")) Files.writeString(folder.resolve(part + ".tsv"), "sentence\tlabel\nno label");
        isRefused(Calls.of("train --dataset sst2 --data", folder), "line 2 of the file");
        for (String part : List.of("train", "t10k"))
            for (String kind : List.of("images-idx3", "labels-idx1"))
                Files.writeString(folder.resolve(part + "-" + kind + "-ubyte"), "bad");
        isRefused(Calls.of("train --dataset mnist --model lenet5 --data", folder), "-ubyte is truncated");
        for (String part : List.of("train", "test")) Files.writeString(folder.resolve(part + "_32x32.mat"), "bad");
        isRefused(Calls.of("train --dataset svhn --data", folder), "cannot be read as a MATLAB file");
    }

    @Test void a_damaged_image_is_explained_whichever_thread_reads_it() throws IOException {
        for (String image : List.of("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png")) {
            Path file = folder.resolve(image);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "no image");
        }
        isRefused(Calls.of("find-lr --dataset folder --dropout none --batch-size 2 --data", folder),
                ".png cannot be read: it is not a JPEG");
    }

    @Test void a_checkpoint_that_is_not_there_or_damaged_is_explained() throws IOException {
        isRefused(Calls.of("evaluate --dataset synthetic --model resnet20"), "--checkpoint");
        isRefused(Calls.of("evaluate --dataset synthetic --model resnet20 --checkpoint", folder.resolve("none")),
                "there is no file " + folder.resolve("none"));
        Path text = Files.writeString(folder.resolve("text.safetensors"), "these are no weights at all");
        isRefused(Calls.of("evaluate --dataset synthetic --model resnet20 --checkpoint", text), "not a safetensors file, or is damaged");
        Path empty = Files.createFile(folder.resolve("empty.safetensors"));
        isRefused(Calls.of("evaluate --dataset synthetic --model resnet20 --checkpoint", empty), "it is empty");
    }
}
