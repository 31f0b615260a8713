-- A row of a time its model was not to learn from: a model that is made anew from stored rows leaves it out again.
ALTER TYPE "anomaly_phase" ADD VALUE 'EXCLUDED';
