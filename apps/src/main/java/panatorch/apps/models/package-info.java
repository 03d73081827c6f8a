/** Model files of any kind, loaded under one interface, with the images, texts and files of tensors that become their inputs. */
@NullMarked
package panatorch.apps.models;

import org.jspecify.annotations.NullMarked;
